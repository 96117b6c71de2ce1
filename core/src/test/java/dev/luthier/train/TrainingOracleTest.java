package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.Transformer;
import dev.luthier.optim.Adafactor;
import dev.luthier.optim.AdafactorSettings;
import dev.luthier.optim.AdamW;
import dev.luthier.optim.Optimizer;
import dev.luthier.optim.Sgd;
import dev.luthier.optim.UpdateRule;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Losses, gradient norms and final weights against recorded runs of PyTorch, transformers and PEFT.
 */
@Tag("interop")
class TrainingOracleTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  private final List<Double> losses = new ArrayList<>();
  private final List<Double> norms = new ArrayList<>();

  static Stream<Arguments> optimizers() {
    return Stream.of(
        Arguments.of("train_full_adamw", adamW(0.999), 0.01, 1e-3),
        Arguments.of("train_full_gpt2", adamW(0.999), 0.01, 1e-3),
        Arguments.of("train_full_sgd_momentum", new Sgd(0.9, true), 0.01, 0.05),
        Arguments.of(
            "train_full_adafactor",
            new Adafactor(AdafactorSettings.defaults(), Optional.empty()),
            0.0,
            1e-3));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void optimizers_on_every_parameter_follow_pytorch(
      String folder, UpdateRule rule, double weightDecay, double rate) {
    String root = "oracle-transformers/" + folder;
    JsonNode meta = Assets.json(root + "/meta.json");
    Transformer model = LOADER.full(Assets.path(root)).transformer();
    Map<String, Tensor> p = Trainables.of(model);
    Optimizer optimizer = optimizer(p, rule, n -> weightDecay);
    for (JsonNode batch : Assets.json(root + "/batches.json")) {
      step(model, optimizer, List.of(batch(batch)), rate, 0);
    }
    follow(meta.get("losses_fp32"), losses, 1e-4);
    follow(meta.get("grad_norms_fp32"), norms, 1e-4);
    // Weights whose gradient is nothing but rounding, such as biases of keys, go anywhere.
    double rms = folder.equals("train_full_gpt2") ? 1e-3 : 2e-6;
    compare(p, Assets.path(root + "/model_final.safetensors"), rms);
  }

  @Test
  void clipping_cosine_and_accumulated_means_follow_pytorch() {
    String root = "oracle-transformers/train_full_clip_cosine_accum";
    JsonNode meta = Assets.json(root + "/meta.json");
    Transformer model = LOADER.full(Assets.path(root)).transformer();
    Map<String, Tensor> p = Trainables.of(model);
    Optimizer optimizer = optimizer(p, adamW(0.95), n -> Optimizers.isMatrix(n) ? 0.1 : 0);
    Schedule schedule = new Schedule(ScheduleKind.COSINE, 1e-3, 10, 2, 0, 0);
    JsonNode batches = Assets.json(root + "/batches.json");
    for (int s = 0; s < 10; s++) {
      List<Batch> micro = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Batch b = batch(batches.get(2 * s + i));
        float[] weights = new float[b.weights().length];
        Arrays.fill(weights, (float) (1.0 / (2 * b.labelTokens())));
        micro.add(b.withWeights(weights));
      }
      assertThat(schedule.rate(s)).isCloseTo(meta.get("lrs").get(s).asDouble(), within(1e-12));
      step(model, optimizer, micro, schedule.rate(s), 1);
    }
    follow(meta.get("losses_fp32"), losses, 1e-4);
    follow(meta.get("grad_norms_fp32"), norms, 1e-4);
    compare(p, Assets.path(root + "/model_final.safetensors"), 2e-6);
  }

  @Test
  void accumulation_over_tokens_follows_the_trainer() {
    String root = "oracle-transformers/trainer_accum_cosine";
    JsonNode meta = Assets.json(root + "/meta.json");
    Transformer model = LOADER.full(Assets.path(root)).transformer();
    Map<String, Tensor> p = Trainables.of(model);
    Optimizer optimizer = optimizer(p, adamW(0.999), n -> Optimizers.isMatrix(n) ? 0.01 : 0);
    Schedule schedule = new Schedule(ScheduleKind.COSINE, 1e-3, 4, 1, 0, 0);
    JsonNode rows = Assets.json(root + "/rows.json");
    JsonNode order = meta.get("batch_order_as_collated");
    for (int s = 0; s < 4; s++) {
      List<Batch> micro = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        List<TokenSequence> documents = new ArrayList<>();
        order.get(3 * s + i).forEach(r -> documents.add(sequence(rows.get(r.asInt()))));
        micro.add(new Collator(0).unpacked(documents));
      }
      step(model, optimizer, micro, schedule.rate(s), 1);
    }
    for (int s = 0; s < 4; s++) {
      JsonNode log = meta.get("log").get(s);
      assertThat(losses.get(s)).isCloseTo(log.get("loss").asDouble(), within(1e-4));
      assertThat(norms.get(s)).isCloseTo(log.get("grad_norm").asDouble(), within(1e-4));
    }
    compare(p, Assets.path(root + "/model_final.safetensors"), 2e-6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "peft_lora",
        "peft_lora_all_linear",
        "peft_lora_patterns",
        "peft_rslora",
        "peft_lora_modules_to_save",
        "peft_lora_gpt2_conv1d"
      })
  void adapters_follow_peft(String folder, @TempDir Path temp) throws Exception {
    Path root = Assets.path("oracle-transformers/" + folder);
    JsonNode train = Assets.json("oracle-transformers/" + folder + "/meta.json").get("train");
    LoadedModel loaded = LOADER.lora(base(root), root);
    Map<String, Tensor> p = Trainables.of(loaded.transformer());
    Optimizer optimizer = optimizer(p, adamW(0.999), n -> 0.01);
    for (JsonNode batch : Assets.json("oracle-transformers/" + folder + "/batches.json")) {
      step(loaded.transformer(), optimizer, List.of(batch(batch)), train.get("lr").asDouble(), 0);
    }
    follow(train.get("losses_fp32"), losses, 1e-4);
    follow(train.get("grad_norms_fp32"), norms, 1e-4);
    dev.luthier.checkpoint.Adapters.write(
        temp,
        new AdapterConfig(loaded.lora().orElseThrow(), AdapterConfig.read(root).baseModel())
            .of(loaded.transformer()),
        p);
    sameAdapter(temp, root.resolve("trained"));
  }

  private static Path base(Path adapter) {
    return Assets.path("oracle-transformers/" + AdapterConfig.read(adapter).baseModel());
  }

  private static void sameAdapter(Path ours, Path theirs) throws Exception {
    Map<String, float[]> expected =
        dev.luthier.checkpoint.TensorFiles.readFloats(theirs.resolve("adapter_model.safetensors"));
    Map<String, float[]> actual =
        dev.luthier.checkpoint.TensorFiles.readFloats(ours.resolve("adapter_model.safetensors"));
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, e) ->
            assertThat(rms(e, Objects.requireNonNull(actual.get(name)))).as(name).isLessThan(2e-6));
    assertThat(AdapterConfig.read(ours)).isEqualTo(AdapterConfig.read(theirs));
    assertThat(Files.list(ours)).hasSize(2);
  }

  private static AdamW adamW(double beta2) {
    return new AdamW(0.9, beta2, 1e-8);
  }

  private static Optimizer optimizer(
      Map<String, Tensor> parameters, UpdateRule rule, ToDoubleFunction<String> weightDecay) {
    Map<String, Optimizer.Parameter> all = new LinkedHashMap<>();
    parameters.forEach(
        (name, p) ->
            all.put(
                name, new Optimizer.Parameter(p, rule, 1, weightDecay.applyAsDouble(name), false)));
    return new Optimizer(all, Device.CPU, Path.of("unused"));
  }

  private void step(
      Transformer model, Optimizer optimizer, List<Batch> micro, double rate, double clip) {
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    double weight = micro.stream().mapToDouble(b -> LabelTokens.of(b).weight()).sum();
    double sum = 0;
    for (int i = 0; i < micro.size(); i++) {
      sum +=
          step.forwardBackward(micro.get(i), Objective.crossEntropy(), 1 / weight, Seeds.mix(1, i));
    }
    Gradients gradients = new Gradients(Trainables.of(model));
    losses.add(sum / weight);
    norms.add(gradients.norm());
    gradients.clip(gradients.norm(), clip);
    optimizer.step(rate);
    gradients.clear();
  }

  private static void follow(JsonNode expected, List<Double> actual, double tolerance) {
    assertThat(actual).hasSize(expected.size());
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i))
          .as("step " + i)
          .isCloseTo(expected.get(i).asDouble(), within(tolerance));
    }
  }

  private static void compare(Map<String, Tensor> actual, Path file, double rms) {
    Map<String, float[]> expected = dev.luthier.checkpoint.TensorFiles.readFloats(file);
    Map<String, float[]> ours = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      actual.forEach((name, t) -> ours.put(name, Tensors.toFloats(t)));
    }
    assertThat(expected.keySet()).containsAll(ours.keySet());
    ours.forEach(
        (name, values) ->
            assertThat(rms(Objects.requireNonNull(expected.get(name)), values))
                .as(name)
                .isLessThan(rms));
  }

  private static double rms(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (double) (a[i] - b[i]);
    }
    return Math.sqrt(sum / a.length);
  }

  private static TokenSequence sequence(JsonNode row) {
    return new TokenSequence(
        ints(row.get("input_ids")), ints(row.get("labels")), row.get("idx").asInt() + 1);
  }

  private static int[] ints(JsonNode n) {
    int[] out = new int[n.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = n.get(i).asInt();
    }
    return out;
  }

  private static Batch batch(JsonNode n) {
    long[][] mask = Assets.matrix(n.get("attention_mask"));
    Batch plain = Batch.of(Assets.matrix(n.get("input_ids")), Assets.matrix(n.get("labels")));
    long[] documents = Arrays.stream(mask).flatMapToLong(Arrays::stream).toArray();
    return new Batch(
        plain.rows(),
        plain.length(),
        plain.tokens(),
        plain.labels(),
        plain.positions(),
        documents,
        plain.weights(),
        plain.sources());
  }
}
