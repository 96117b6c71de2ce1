package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.FolderFuser;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings;
import dev.luthier.data.MaskSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.data.RowEncoder;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerWriter;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Evaluator;
import dev.luthier.train.TinyEncoders;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Supervised runs of encoders and of T5: adapters everywhere, few bits, resuming, fusing. */
class EncoderRunsTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final List<String> WORDS = List.of("red", "blue", "green", "dark", "light");

  @TempDir Path folder = Path.of("");

  private Path base(String name) throws IOException {
    Path base = Files.createDirectories(folder.resolve("base"));
    MaskTokens tokens = MaskTokens.of(name);
    TokenizerWriter.write(
        new BpeTrainer(300, tokens.names(), 1).train(WORDS.stream()), tokens.roles(64), base);
    int vocabulary = Tokenizer.load(base).vocabSize();
    ObjectNode config =
        switch (name) {
          case "bert" -> TinyEncoders.bert(vocabulary);
          case "roberta" -> TinyEncoders.roberta(vocabulary);
          case "distilbert" -> TinyEncoders.distilBert(vocabulary);
          default -> TinyEncoders.t5(name.equals("t5-1.0"), vocabulary);
        };
    TrainFiles.model(TinyEncoders.fresh(config)).writeResult(base, DType.F32);
    return base;
  }

  private Path rows(String name) throws IOException {
    String rows =
        IntStream.range(0, 24)
            .mapToObj(
                i -> {
                  String words =
                      IntStream.rangeClosed(0, i % 7)
                          .mapToObj(k -> WORDS.get((i + k * k) % WORDS.size()))
                          .collect(Collectors.joining(" "));
                  return name.startsWith("t5")
                      ? "{\"prompt\": \"%s\", \"completion\": \"%s\"}"
                          .formatted(words, WORDS.get(i % WORDS.size()))
                      : "{\"text\": \"%s\"}".formatted(words);
                })
            .collect(Collectors.joining("\n"));
    return Files.writeString(folder.resolve("rows.jsonl"), rows);
  }

  private SftSettings settings(String name, String method, String output) throws IOException {
    return new Settings()
        .set("model=" + folder.resolve("base"))
        .set("output=" + folder.resolve(output))
        .set("method=" + method)
        .set("data.train=" + rows(name))
        .set("data.maxLength=32")
        .set("train.microBatchSize=2")
        .set("train.maxSteps=4")
        .set("train.learningRate=1e-2")
        .set("lora.dropout=0.1")
        .bind(SftSettings.class);
  }

  private static void run(SftSettings settings) {
    SftRun.run(settings, false, () -> false, new TrainListener() {});
  }

  /** The loss over the rows, with the masks of evaluation. */
  private double loss(Transformer model, Path rows) {
    Path base = folder.resolve("base");
    ModelInput input = ModelInput.of(base, Tokenizer.load(base));
    RowEncoder encoder = input.encoder(Optional.empty(), DataSettings.defaults(), Set.of());
    List<Batch> batches =
        new TrainingRows(
                DataPipeline.of(encoder, DataSettings.defaults()).prepare(rows).rows(false, 32),
                input.batches(1, MaskSettings.defaults(), 0))
            .batches(5, 0);
    return new Evaluator(new BlockwiseStep(model, WeightSource.of(model)))
        .score(batches)
        .perToken();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "distilbert", "t5-1.0", "t5-1.1"})
  void adapters_on_every_layer_learn_go_on_after_a_stop_and_can_be_fused(String name)
      throws IOException {
    Path base = base(name);
    run(settings(name, "lora", "straight"));
    AtomicInteger asked = new AtomicInteger();
    SftSettings again = settings(name, "lora", "stopped");
    SftRun.run(again, false, () -> asked.incrementAndGet() > 12, new TrainListener() {});
    assertThat(folder.resolve("stopped/adapter_model.safetensors")).doesNotExist();
    SftRun.run(again, true, () -> false, new TrainListener() {});
    Path adapter = folder.resolve("straight");
    assertThat(folder.resolve("stopped/adapter_model.safetensors"))
        .hasSameBinaryContentAs(adapter.resolve("adapter_model.safetensors"));
    assertThat(Json.read(adapter.resolve("adapter_config.json")).path("task_type").asText("null"))
        .isEqualTo(name.startsWith("t5") ? "SEQ_2_SEQ_LM" : "null");

    Transformer tuned = LOADER.load(base, Optional.of(adapter)).transformer();
    Set<String> adapted = tuned.adapted().keySet();
    assertThat(
            tuned.linears().keySet().stream().filter(p -> p.contains(".") && p.contains("layer")))
        .allMatch(adapted::contains);
    double before = loss(LOADER.load(base).transformer(), rows(name));
    double after = loss(tuned, rows(name));
    assertThat(after).isLessThan(before - 0.1);
    Path fused = Files.createDirectories(folder.resolve("fused"));
    new FolderFuser(base, adapter, Optional.empty()).write(fused);
    Files.copy(
        base.resolve("config.json"),
        fused.resolve("config.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(loss(LOADER.load(fused).transformer(), rows(name))).isCloseTo(after, within(1e-5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "t5-1.1"})
  void a_base_in_four_bits_learns(String name) throws IOException {
    Path base = base(name);
    run(settings(name, "qlora", "out"));
    Path adapter = folder.resolve("out");
    ModelLoader loader = LOADER.asTrained(base, adapter);
    double before = loss(loader.load(base).transformer(), rows(name));
    assertThat(loss(loader.load(base, Optional.of(adapter)).transformer(), rows(name)))
        .isLessThan(before - 0.1);
  }
}
