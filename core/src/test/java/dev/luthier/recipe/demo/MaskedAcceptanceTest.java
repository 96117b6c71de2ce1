package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.MaskSettings;
import dev.luthier.data.MaskedCollator;
import dev.luthier.data.MaskedEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.TrainingData;
import dev.luthier.format.Json;
import dev.luthier.generate.FillMask;
import dev.luthier.recipe.Pretrain;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyEncoders;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A BERT from scratch learns more of texts than how frequent their words are. */
@Tag("acceptance")
class MaskedAcceptanceTest {
  private static final int LENGTH = 64;
  private static final long SEED = 42;
  private static final String[] COUNTRIES =
      "france spain norway egypt japan peru kenya cuba greece austria ireland chile".split(" ");
  private static final String[] CAPITALS =
      "paris madrid oslo cairo tokyo lima nairobi havana athens vienna dublin santiago".split(" ");
  private static final String[] NAMES =
      "anna ben carla dora emil fritz gina hugo ida jan karl lena max nora otto paul".split(" ");
  private static final String[] THINGS =
      "tea bread books music chess rain trains roses soup snow boats maps clocks dogs".split(" ");

  @TempDir private Path temp = Path.of("");

  private Path write(String name, List<String> lines) throws IOException {
    return Files.write(temp.resolve(name), lines);
  }

  /** The loss on the texts that were held back, in nats per masked token. */
  private double pretrain(Path train, Path eval, String... more) {
    ObjectNode config = TinyEncoders.bert(1);
    config.put("hidden_size", 128).put("intermediate_size", 256).put("initializer_range", 0.02);
    Json.write(temp.resolve("config.json"), config);
    Settings settings =
        new Settings()
            .set("output=" + output())
            .set("data.train=[" + train + "]")
            .set("data.eval=[" + eval + "]")
            .set("data.maxLength=" + LENGTH)
            .set("model.config=" + temp.resolve("config.json"))
            .set("train.seed=" + SEED)
            .set("train.microBatchSize=32")
            .set("train.gradientAccumulation=1")
            .set("train.learningRate=2e-3")
            .set("train.dtype=" + (Native.fastBfloat16() ? "bfloat16" : "float32"));
    for (String setting : more) {
      settings.set(setting);
    }
    PretrainSettings bound = settings.bind(PretrainSettings.class);
    Object loss =
        Pretrain.run(bound, false, () -> false, new TrainListener() {}).results().get("eval_loss");
    return Double.parseDouble(String.valueOf(loss));
  }

  private Path output() {
    return temp.resolve("out");
  }

  /** Nats per masked token of one who knows the frequencies, on the masks of evaluation. */
  private double byFrequency(Path train, Path eval) {
    Tokenizer tokenizer = Tokenizer.load(output());
    DataPipeline pipeline = DataPipeline.ofTexts(new MaskedEncoder(tokenizer), LENGTH);
    double[] counts = new double[tokenizer.vocabSize()];
    double all = 0;
    for (TokenSequence sequence : pipeline.prepare(train).sequences()) {
      for (int label : sequence.labels()) {
        if (label != TokenSequence.IGNORED) {
          counts[label]++;
          all++;
        }
      }
    }
    TrainingData data = pipeline.prepare(eval);
    Batch masked =
        new MaskedCollator(tokenizer, MaskSettings.defaults(), 1, SEED)
            .make(data.rows(true, LENGTH), BatchMaker.EVALUATION);
    double sum = 0;
    for (long label : masked.labels()) {
      if (label != TokenSequence.IGNORED) {
        sum -= Math.log((counts[(int) label] + 1) / (all + counts.length));
      }
    }
    return sum / masked.labelTokens();
  }

  @Test
  void its_loss_on_stories_falls_far_below_that_of_frequencies() throws IOException {
    Path corpus = temp.resolve("corpus.jsonl");
    DemoCorpus.write(corpus, DemoCorpus.SEED, 2_000_000);
    List<String> lines = Files.readAllLines(corpus);
    Path train = write("train.jsonl", lines.subList(0, 4000));
    Path eval = write("eval.jsonl", lines.subList(4000, 4200));
    double loss = pretrain(train, eval, "tokenizer.vocabSize=1024", "train.maxSteps=500");
    assertThat(loss).isLessThan(byFrequency(train, eval) - 1.5);
  }

  private static String sentence(String name, String capital, String country, String thing) {
    return "%s lives in %s , the capital of %s , and likes %s ."
        .formatted(name, capital, country, thing);
  }

  /** Of a person's countries one in five is held back. */
  private static boolean heldBack(int name, int country) {
    return (name + country) % 5 == 0;
  }

  @Test
  void a_capital_and_its_country_tell_each_other_beside_names_never_seen_with_them()
      throws IOException {
    Random random = new Random(SEED);
    List<String> seen = new ArrayList<>();
    List<String> held = new ArrayList<>();
    for (int i = 0; i < 6000; i++) {
      int name = random.nextInt(NAMES.length);
      int at = random.nextInt(COUNTRIES.length);
      String thing = THINGS[random.nextInt(THINGS.length)];
      (heldBack(name, at) ? held : seen)
          .add(
              Json.object()
                  .put("text", sentence(NAMES[name], CAPITALS[at], COUNTRIES[at], thing))
                  .toString());
    }
    Path train = write("train.jsonl", seen);
    Path eval = write("eval.jsonl", held.subList(0, 400));
    double loss = pretrain(train, eval, "tokenizer.vocabSize=512", "train.maxSteps=400");
    assertThat(loss).isLessThan(byFrequency(train, eval) - 1.5);
    // Two of a sentence's 14 tokens, the name and the thing, nobody can know.
    double unknown = (Math.log(NAMES.length) + Math.log(THINGS.length)) / 14;
    assertThat(loss).isLessThan(unknown + 0.2);

    Tokenizer tokenizer = Tokenizer.load(output());
    FillMask filler =
        new FillMask(
            new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).load(output()).transformer(),
            tokenizer);
    for (int at = 0; at < COUNTRIES.length; at++) {
      String name = NAMES[5 - at % 5];
      assertThat(heldBack(5 - at % 5, at)).isTrue();
      String whole = sentence(name, CAPITALS[at], COUNTRIES[at], "tea");
      for (String word : List.of(CAPITALS[at], COUNTRIES[at])) {
        String asked = whole.replace(" " + word, "[MASK]");
        assertThat(filler.fill(asked, 1).get(0).get(0).text()).as(asked).isEqualTo(whole);
      }
    }
  }
}
