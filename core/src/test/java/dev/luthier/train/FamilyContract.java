package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.FolderFuser;
import dev.luthier.checkpoint.FolderQuantizer;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.QuantizationConfig;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.generate.Inference;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.quant.FourBitType;
import dev.luthier.quant.QuantSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** What every family of decoders and encoders must do, whatever it computes. */
final class FamilyContract {
  private static final float CLOSE = 1e-4f;

  private final ObjectNode config;
  private final Path temp;

  FamilyContract(ObjectNode config, Path temp) {
    this.config = config;
    this.temp = temp;
  }

  /** Gradients are what a small step along a random direction changes the loss by. */
  void gradients() {
    differences(TinyModels.full(config).transformer());
    Path base = TinyModels.write(config, temp.resolve("base"));
    differences(TinyModels.lora(base, TinyModels.LOADER).transformer());
  }

  private Batch batch() {
    return TinyModels.batch(config);
  }

  private void differences(Transformer model) {
    differences(model, batch());
  }

  /** The same on this batch. */
  static void differences(Transformer model, Batch batch) {
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    step.forwardBackward(batch, Objective.crossEntropy(), 1, 1);
    SplittableRandom random = new SplittableRandom(1);
    Trainables.of(model)
        .forEach(
            (name, p) -> {
              float[] g = Tensors.toFloats(p.grad());
              float[] direction = new float[g.length];
              double slope = 0;
              double norm = 0;
              for (int i = 0; i < g.length; i++) {
                direction[i] = (random.nextBoolean() ? 1 : -1) + Math.signum(g[i]) / 2;
                slope += direction[i] * (double) g[i];
                norm += g[i] * (double) g[i];
              }
              float h = 1e-3f / (float) Math.sqrt(g.length);
              double up = loss(step, batch, p, direction, h);
              double down = loss(step, batch, p, direction, -h);
              double tolerance = 0.02 * Math.max(5, Math.sqrt(norm * g.length));
              assertThat((up - down) / (2 * h)).as(name).isCloseTo(slope, within(tolerance));
            });
  }

  private static double loss(BlockwiseStep step, Batch batch, Tensor p, float[] d, float h) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor before = p.clone();
      p.add_(Tensors.floats(d, Device.CPU, Tensors.shape(p)).mul(Tensors.scalar(h)));
      double loss = -step.logProbs(batch).sum().item_double();
      p.copy_(before);
      return loss;
    }
  }

  /** Tokens read one by one, or in parts, see what they see when they are read at once. */
  void cachedDecoding() {
    Transformer model = TinyModels.full(config).transformer();
    int length = 14;
    int[] ones = new int[length];
    Arrays.fill(ones, 1);
    for (int rows : new int[] {1, 2}) { // the last one padded on the left
      long[] documents = new long[rows * length];
      Arrays.fill(documents, 1);
      Arrays.fill(documents, (rows - 1) * length, (rows - 1) * length + 4, 0);
      Batch batch = TinyModels.batch(documents, rows, length);
      float[] whole = TinyModels.logits(model, batch);
      for (int[] parts : List.of(ones, new int[] {6, 1, 5, 2})) {
        same(batch, model, whole, inParts(model, batch, parts));
      }
    }
  }

  private static float[] inParts(Transformer model, Batch batch, int[] parts) {
    int length = batch.length();
    int vocabulary = model.shape().vocabulary();
    float[] out = new float[batch.rows() * length * vocabulary];
    List<KvCache> caches = model.newCaches();
    int from = 0;
    for (int part : parts) {
      int to = from + part;
      try (PointerScope scope = new PointerScope()) {
        Pass pass =
            model.pass(
                new Places(
                    batch.rows(),
                    to,
                    part,
                    cut(batch.positions(), length, from, to),
                    cut(batch.documents(), length, 0, to),
                    null,
                    0));
        long[] ids = cut(batch.tokens(), length, from, to);
        Tensor tokens = Tensors.longs(ids, Device.CPU, batch.rows(), part);
        Tensor hidden = Inference.hidden(model, tokens, pass, caches);
        float[] logits = Tensors.toFloats(Inference.logits(model, hidden, pass));
        for (int b = 0; b < batch.rows(); b++) {
          System.arraycopy(
              logits,
              b * part * vocabulary,
              out,
              (b * length + from) * vocabulary,
              part * vocabulary);
        }
      }
      from = to;
    }
    caches.forEach(KvCache::close);
    return out;
  }

  private static long[] cut(long[] all, int length, int from, int to) {
    long[] out = new long[all.length / length * (to - from)];
    for (int i = 0; i < out.length; i++) {
      out[i] = all[i / (to - from) * length + from + i % (to - from)];
    }
    return out;
  }

  private static void same(Batch batch, Transformer model, float[] expected, float[] actual) {
    int vocabulary = model.shape().vocabulary();
    for (int i = 0; i < expected.length; i++) {
      if (batch.documents()[i / vocabulary] != 0) {
        assertThat(actual[i])
            .as("logit %d of token %d", i % vocabulary, i / vocabulary)
            .isCloseTo(expected[i], within(CLOSE));
      }
    }
  }

  /** Documents in one row have the logits and gradients that they have in a row each. */
  void packing() {
    Transformer model = TinyModels.full(config).transformer();
    SplittableRandom random = new SplittableRandom(8);
    List<TokenSequence> documents = new ArrayList<>();
    for (int length : new int[] {5, 9, 3, 7}) {
      documents.add(TinyRows.sequence(random, length, documents.size() + 1));
    }
    Batch packed =
        TinyModels.of(
            config,
            new Collator(0).packed(List.of(documents.subList(0, 3), documents.subList(3, 4))));
    Batch apart = TinyModels.of(config, new Collator(0).unpacked(documents));
    assertThat(rows(model, packed)).hasSize(24);
    List<float[]> expected = rows(model, apart);
    List<float[]> actual = rows(model, packed);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).as("token " + i).containsExactly(expected.get(i), within(CLOSE));
    }
    Map<String, float[]> gradients = gradients(model, apart);
    gradients(model, packed)
        .forEach(
            (name, g) -> {
              float[] other = Objects.requireNonNull(gradients.get(name));
              float largest = 1;
              for (float f : other) {
                largest = Math.max(largest, Math.abs(f));
              }
              assertThat(g).as(name).containsExactly(other, within(CLOSE * largest));
            });
  }

  /** The logits of each real token. */
  private static List<float[]> rows(Transformer model, Batch batch) {
    int vocabulary = model.shape().vocabulary();
    float[] all = TinyModels.logits(model, batch);
    List<float[]> out = new ArrayList<>();
    for (int i = 0; i < batch.documents().length; i++) {
      if (batch.documents()[i] != 0) {
        out.add(Arrays.copyOfRange(all, i * vocabulary, (i + 1) * vocabulary));
      }
    }
    return out;
  }

  private static Map<String, float[]> gradients(Transformer model, Batch batch) {
    new BlockwiseStep(model, WeightSource.of(model))
        .forwardBackward(batch, Objective.crossEntropy(), 1, 1);
    return TinyLlama.takeGradients(model);
  }

  /** It does not matter on which side a row is padded, or with which id. */
  void padding() {
    Transformer model = TinyModels.full(config).transformer();
    int length = 12;
    int[] ids = new SplittableRandom(2).ints(8, 0, 40).toArray();
    List<List<float[]>> all = new ArrayList<>();
    for (int pads : new int[] {0, 4}) {
      long[] documents = new long[length];
      Arrays.fill(documents, pads, pads + ids.length, 1);
      Batch batch = TinyModels.of(config, TinyModels.batch(documents, 1, length));
      for (int i = 0; i < ids.length; i++) {
        batch.tokens()[pads + i] = ids[i];
      }
      all.add(rows(model, batch));
    }
    for (int i = 0; i < ids.length; i++) {
      assertThat(all.get(1).get(i)).containsExactly(all.get(0).get(i), within(CLOSE));
    }
  }

  /** Weights that are saved come back to the bit. */
  void saving() {
    LoadedModel model = TinyModels.full(config);
    Path folder = TinyModels.write(config, temp.resolve("saved"));
    Transformer again = TinyModels.LOADER.load(folder).transformer();
    assertThat(TinyModels.logits(again, batch()))
        .isEqualTo(TinyModels.logits(model.transformer(), batch()));
  }

  /** Adapters stand on every linear layer but the head; they can be saved and multiplied in. */
  void adapters() throws IOException {
    Path base = TinyModels.write(config, temp.resolve("base"));
    LoadedModel trained = TinyModels.lora(base, TinyModels.LOADER);
    Transformer model = trained.transformer();
    Map<String, Linear> others = new LinkedHashMap<>(model.linears());
    others.keySet().removeAll(model.adapted().keySet());
    if (TinyConfigs.isEncoder(config)) { // whose head may be of two layers
      assertThat(others.keySet()).isNotEmpty().allMatch(path -> outside(model, path));
    } else {
      assertThat(Set.copyOf(others.values())).isEqualTo(Set.of(model.head()));
    }
    Path adapter = adapter(trained, "adapter");
    float[] expected = TinyModels.logits(model, batch());
    Transformer again = TinyModels.LOADER.load(base, Optional.of(adapter)).transformer();
    assertThat(TinyModels.logits(again, batch())).isEqualTo(expected);
    assertThat(TinyModels.logits(TinyModels.LOADER.load(base).transformer(), batch()))
        .isNotEqualTo(expected);
    fused(base, adapter, Optional.empty(), expected);
  }

  private static boolean outside(Transformer model, String path) {
    return model.stage(path + ".weight") == model.blocks().size();
  }

  private Path adapter(LoadedModel model, String name) throws IOException {
    Path folder = Files.createDirectories(temp.resolve(name));
    Adapters.write(
        folder,
        new AdapterConfig(model.lora().orElseThrow(), "base").of(model.transformer()),
        Trainables.of(model.transformer()));
    return folder;
  }

  private void fused(Path base, Path adapter, Optional<QuantSettings> quant, float[] expected)
      throws IOException {
    Path folder = Files.createDirectories(temp.resolve("fused" + quant.isPresent()));
    new FolderFuser(base, adapter, quant).write(folder);
    Transformer fused = TinyModels.LOADER.load(folder).transformer();
    assertThat(TinyModels.logits(fused, batch())).containsExactly(expected, within(5e-4f));
  }

  /** A base in four bits is the same whether it is quantized while it loads or in its folder. */
  void fourBits() throws IOException {
    Path base = TinyModels.write(config, temp.resolve("base"));
    ModelLoader nf4 =
        new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.of(QuantSettings.defaults()));
    LoadedModel model = TinyModels.lora(base, nf4);
    float[] expected = TinyModels.logits(model.transformer(), batch());
    Path adapter = adapter(model, "adapter");
    Path quantized = temp.resolve("quantized");
    QuantizationConfig how = QuantizationConfig.fourBit(FourBitType.NF4, true, List.of());
    new FolderQuantizer(how, 64).run(base, quantized, (done, total) -> {});
    Transformer stored = TinyModels.LOADER.load(quantized, Optional.of(adapter)).transformer();
    assertThat(TinyModels.logits(stored, batch())).isEqualTo(expected);
    fused(base, adapter, Optional.of(QuantSettings.defaults()), expected);
    fused(quantized, adapter, Optional.empty(), expected);
  }

  /** A run that is stopped and goes on ends in the same weights. */
  void resume() {
    LoadedModel straight = TinyModels.full(config);
    trainer(straight, "straight", () -> false).run();
    int[] asked = {0};
    LoadedModel stopped = TinyModels.full(config);
    // All blocks there and back, in each of three steps of one micro-batch.
    int step = 2 * stopped.transformer().blocks().size();
    Trainer first = trainer(stopped, "stopped", () -> asked[0]++ >= 3 * step + 1);
    assertThat(first.run().state().step()).isEqualTo(3);
    LoadedModel second = TinyModels.full(config);
    Trainer again = trainer(second, "stopped", () -> false);
    again.resume(3);
    again.run();
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> expected = Trainables.of(straight.transformer());
      Trainables.of(second.transformer())
          .forEach(
              (name, t) ->
                  assertThat(Tensors.toFloats(t))
                      .as(name)
                      .isEqualTo(Tensors.toFloats(Objects.requireNonNull(expected.get(name)))));
      assertThat(Tensors.toFloats(expected.values().iterator().next()))
          .isNotEqualTo(
              Tensors.toFloats(
                  Trainables.of(TinyModels.full(config).transformer()).values().iterator().next()));
    }
  }

  private TrainingRows rows(int count) {
    TrainingRows rows = TinyRows.uneven(count);
    return new TrainingRows(
        rows.rows(), (some, epoch) -> TinyModels.of(config, rows.maker().make(some, epoch)));
  }

  private Trainer trainer(LoadedModel model, String folder, BooleanSupplier stop) {
    Settings settings = new Settings();
    for (String s : List.of("maxSteps=5", "seed=3", "microBatchSize=4", "gradientAccumulation=1")) {
      settings.set(s);
    }
    Trainer.Job job =
        new Trainer.Job(
            model.transformer(),
            StepSource.of(
                rows(24),
                Optional.empty(),
                Objective.crossEntropy(),
                settings.bind(TrainSettings.class),
                EvalSettings.defaults()),
            settings.bind(TrainSettings.class),
            0.01,
            EvalSettings.defaults(),
            new CheckpointSettings(0, 2, false),
            StepLayout.recomputing(model.transformer().shape().vocabulary()),
            OptionalLong.empty());
    TrainListener none = new TrainListener() {};
    return new Trainer(
        job, new Checkpoints(temp.resolve(folder), new ModelWeights(model), 2, none), stop, none);
  }
}
