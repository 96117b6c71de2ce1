package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.eval.Perplexity;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.recipe.PreferenceMethod;
import dev.luthier.recipe.PreferenceRun;
import dev.luthier.recipe.PreferenceSettings;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The demo's base learns to prefer Yoda-speak to plain English, and forgets little of the latter.
 */
@Tag("acceptance")
class PreferenceAcceptanceTest {
  private static final Path DEMO = Path.of("..", "examples", "demo");
  private static final Path BASE = DEMO.resolve("base");

  @TempDir private Path temp = Path.of("");

  @Test
  void held_out_preferences_are_learnt_and_plain_text_is_kept() {
    DemoData.writePreferences(temp, DemoData.SEED);
    Path output = temp.resolve("dpo");
    Settings settings = new Settings().file(DEMO.resolve("dpo.yaml"));
    settings.set("model=" + BASE).set("output=" + output);
    settings.set("data.train=" + temp.resolve("train.jsonl"));
    settings.set("data.eval=" + temp.resolve("heldout.jsonl"));
    RunResult result =
        PreferenceRun.run(
            PreferenceMethod.DPO,
            settings.bind(PreferenceSettings.class),
            false,
            () -> false,
            new TrainListener() {});
    Map<?, ?> before = evaluation(result, "eval_before");
    Map<?, ?> after = evaluation(result, "eval_after");
    assertThat((Double) before.get("logps/accuracies")).isLessThan(0.05);
    assertThat((Double) before.get("loss")).isCloseTo(Math.log(2), within(1e-12));
    assertThat((Double) after.get("logps/accuracies")).isGreaterThanOrEqualTo(0.95);
    assertThat((Double) after.get("rewards/accuracies")).isGreaterThanOrEqualTo(0.95);
    String plain = plainText();
    double base = perplexity(Optional.empty(), plain);
    assertThat(perplexity(Optional.of(output), plain)).isLessThan(1.1 * base);
  }

  private static Map<?, ?> evaluation(RunResult result, String name) {
    return (Map<?, ?>) Objects.requireNonNull(result.results().get(name));
  }

  /** Stories as the base has read them, from another seed. */
  private static String plainText() {
    DemoCorpus corpus = new DemoCorpus(7);
    StringBuilder out = new StringBuilder();
    while (out.length() < 40_000) {
      String text = corpus.next();
      out.append(text.contains("<|im_start|>") ? "" : text + "\n");
    }
    return out.toString();
  }

  private static double perplexity(Optional<Path> adapter, String text) {
    Tokenizer tokenizer = ModelLanguage.read(BASE, Optional.empty(), false).tokenizer();
    ModelLoader loader = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
    return Perplexity.of(
            loader.load(BASE, adapter).transformer(), tokenizer, text, OptionalInt.empty(), n -> {})
        .perplexity();
  }
}
