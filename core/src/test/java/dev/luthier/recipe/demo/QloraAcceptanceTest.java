package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.SftEncoder;
import dev.luthier.eval.Evaluation;
import dev.luthier.eval.EvaluationData;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo learns over NF4 with double quantization as it does over the base as it is stored. */
@Tag("acceptance")
class QloraAcceptanceTest {
  private static final Path DEMO = Path.of("..", "examples", "demo");
  private static final Path BASE = DEMO.resolve("base");

  @TempDir private Path temp = Path.of("");

  private Evaluation tuned(String method) {
    Path output = temp.resolve(method);
    Settings settings = new Settings().file(DEMO.resolve("sft.yaml"));
    settings.set("model=" + BASE).set("output=" + output).set("method=" + method);
    settings.set("data.train=" + temp.resolve("train.jsonl"));
    settings.set("train.dtype=" + (Native.fastBfloat16() ? "bfloat16" : "float32"));
    SftRun.run(settings.bind(SftSettings.class), false, () -> false, new TrainListener() {});
    ModelLanguage language = ModelLanguage.read(BASE, Optional.of(output), false);
    SftEncoder encoder =
        new SftEncoder(
            language.tokenizer(),
            language.chat(),
            TrainOn.ASSISTANT,
            language.defaults().stopIds());
    Generator generator =
        new Generator(
            new ModelLoader(ComputeDtype.FLOAT32, Device.CPU)
                .asTrained(BASE, output)
                .load(BASE, Optional.of(output))
                .transformer(),
            language.tokenizer(),
            language.defaults().stopIds());
    return Evaluation.of(
        generator,
        EvaluationData.read(temp.resolve("heldout.jsonl"), encoder, Format.MESSAGES, 1024),
        32,
        Evaluation.Progress.NONE,
        () -> false);
  }

  @Test
  void its_accuracy_is_within_a_point_of_loras() {
    DemoData.write(temp, 42);
    Evaluation lora = tuned("lora");
    Evaluation qlora = tuned("qlora");
    assertThat(qlora.tokenAccuracy()).isGreaterThanOrEqualTo(lora.tokenAccuracy() - 0.01);
    assertThat(qlora.exactMatch().orElseThrow())
        .isGreaterThanOrEqualTo(lora.exactMatch().orElseThrow() - 0.01);
  }
}
