package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.MaskSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.eval.Evaluation;
import dev.luthier.eval.EvaluationData;
import dev.luthier.format.DType;
import dev.luthier.format.HfFolder;
import dev.luthier.generate.Generator;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyEncoders;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A T5 that knows nothing learns the demo's task, to say a sentence as Yoda would. It must find out
 * that the words are in the source: few rows it would learn by heart instead.
 */
@Tag("acceptance")
class SourceTargetAcceptanceTest {
  private static final Path DEMO = Path.of("..", "examples", "demo", "base");
  private static final int SETS = 12;

  @TempDir private Path temp = Path.of("");

  /** T5 1.1 of 2 and 2 blocks, D 128, with the demo's tokenizer. */
  private Path base() throws IOException {
    Path base = Files.createDirectories(temp.resolve("base"));
    Tokenizer tokenizer = Tokenizer.load(DEMO);
    ObjectNode config = TinyEncoders.t5(false, tokenizer.vocabSize());
    config.put("d_model", 128).put("d_kv", 32).put("d_ff", 256);
    config.put("relative_attention_num_buckets", 32).put("relative_attention_max_distance", 64);
    config.put("eos_token_id", tokenizer.eosId().getAsInt());
    TrainFiles.model(TinyEncoders.fresh(config)).writeResult(base, DType.F32);
    for (String name : List.of(HfFolder.TOKENIZER, HfFolder.TOKENIZER_CONFIG)) {
      Files.copy(DEMO.resolve(name), base.resolve(name));
    }
    return base;
  }

  private Path tuned(Path base) {
    Path output = temp.resolve("out");
    Settings settings =
        new Settings()
            .set("model=" + base)
            .set("output=" + output)
            .set("method=full")
            .set("data.train=" + temp.resolve("data").resolve("*").resolve("train.jsonl"))
            .set("data.maxLength=64")
            .set("train.microBatchSize=32")
            .set("train.gradientAccumulation=1")
            .set("train.learningRate=2e-3")
            .set("train.epochs=3")
            .set("train.dtype=" + (Native.fastBfloat16() ? "bfloat16" : "float32"));
    SftRun.run(settings.bind(SftSettings.class), false, () -> false, new TrainListener() {});
    return output;
  }

  private static List<Evaluation.Answer> answers(Path model, Path rows) {
    Tokenizer tokenizer = Tokenizer.load(model);
    ModelInput input = ModelInput.of(model, tokenizer);
    EvaluationData data =
        EvaluationData.read(
            rows,
            input.encoder(Optional.empty(), Set.of()),
            input.batches(1, MaskSettings.defaults(), 0),
            Format.MESSAGES,
            512);
    Generator generator =
        new Generator(
            new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).load(model).transformer(),
            tokenizer,
            Set.of(tokenizer.eosId().getAsInt()));
    return Evaluation.of(generator, data, 32, Evaluation.Progress.NONE, () -> false).answers();
  }

  @Test
  void most_held_out_sentences_are_said_right() throws IOException {
    for (int seed = 0; seed < SETS; seed++) {
      DemoData.write(temp.resolve("data").resolve("seed-" + seed), seed);
    }
    List<Sentence> heldOut = DemoData.generate(0).heldOut();
    double copied =
        heldOut.stream().filter(s -> s.plain().equals(s.yoda())).count() / (double) heldOut.size();
    List<Evaluation.Answer> answers =
        answers(tuned(base()), temp.resolve("data").resolve("seed-0").resolve("heldout.jsonl"));
    double right =
        answers.stream().filter(Evaluation.Answer::matches).count() / (double) answers.size();
    assertThat(copied).isLessThan(0.1);
    assertThat(right).isGreaterThan(0.5);
  }
}
