package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.DType;
import dev.luthier.generate.Inference;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Models of {@link TinyConfigs} with weights of which none is 0 or 1, and batches for them. */
public final class TinyModels {
  /** Float32 on the processor. */
  public static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  private static final int VOCABULARY = 40;

  private TinyModels() {}

  /** All weights trained. */
  public static LoadedModel full(ObjectNode config) {
    LoadedModel model = LOADER.fresh(config, 1);
    model.transformer().parameters().all().forEach(TinyModels::shake);
    return model;
  }

  /** The same in a folder. */
  public static Path write(ObjectNode config, Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, Tensor> weights = full(config).transformer().parameters().all();
    ModelFiles.write(folder, config, weights, DType.F32);
    return folder;
  }

  /** Adapters of rank 4, scaled by 2, on every linear layer. */
  public static LoraSettings lora() {
    return lora(0);
  }

  /** The same with dropout. */
  public static LoraSettings lora(double dropout) {
    LoraSettings d = LoraSettings.defaults();
    return new LoraSettings(
        4,
        8,
        dropout,
        d.targets(),
        d.exclude(),
        d.layers(),
        d.rankPattern(),
        d.alphaPattern(),
        false,
        d.modulesToSave(),
        d.bias(),
        d.trainableTokenIndices());
  }

  /** A frozen model under adapters whose B is not zero. */
  public static LoadedModel lora(Path folder, ModelLoader loader) {
    LoadedModel model = loader.lora(folder, lora(), 3);
    model.transformer().adapter().orElseThrow().all().forEach(TinyModels::shake);
    return model;
  }

  /** Makes an adapter's matrices large, so that every seed's says something else. */
  public static void shakeAdapter(LoadedModel model, long seed) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      model
          .transformer()
          .adapter()
          .orElseThrow()
          .all()
          .forEach(
              (name, t) -> {
                GeneratorOptional generator =
                    new GeneratorOptional(Seeds.generator(seed, name.hashCode()));
                t.add_(torch.empty_like(t).normal_(0, 0.5, generator));
              });
    }
  }

  /** Moves norms and biases, which are ones and zeros as they begin, by up to a half. */
  public static void shakeVectors(LoadedModel model, long seed) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      model
          .transformer()
          .parameters()
          .all()
          .forEach(
              (name, t) -> {
                if (t.dim() == 1) {
                  GeneratorOptional drawn =
                      new GeneratorOptional(Seeds.generator(seed, name.hashCode()));
                  t.add_(torch.empty_like(t).uniform_(-0.5, 0.5, drawn));
                }
              });
    }
  }

  /** Adds noise to what starts at a constant. */
  private static void shake(String name, Tensor t) {
    if (t.dim() > 1 && !name.endsWith("lora_B.weight")) {
      return;
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      GeneratorOptional generator = new GeneratorOptional(Seeds.generator(7, name.hashCode()));
      t.add_(torch.empty_like(t).normal_(0, 0.2, generator));
    }
  }

  /**
   * Three rows of 14 tokens: two documents and padding; one that fills the row; one padded on the
   * left.
   */
  public static Batch batch() {
    int length = 14;
    long[] documents = new long[3 * length];
    Arrays.fill(documents, 0, 7, 1);
    Arrays.fill(documents, 7, 12, 2);
    Arrays.fill(documents, length, 2 * length, 1);
    Arrays.fill(documents, 2 * length + 5, 3 * length, 1);
    return batch(documents, 3, length);
  }

  /**
   * The same for a model: labels of an encoder are those of their own tokens, and every third token
   * of a document is of the second segment. Where there is a decoder too, it has the second half of
   * each row.
   */
  public static Batch batch(ObjectNode config) {
    return of(config, batch());
  }

  /** A batch as this model reads it. */
  public static Batch of(ObjectNode config, Batch b) {
    return switch (Families.of(config, "a test").kind()) {
      case DECODER -> b;
      case ENCODER -> segments(config, b);
      case ENCODER_DECODER -> halves(b);
    };
  }

  private static Batch halves(Batch b) {
    int source = b.length() / 2;
    long[] labels = b.labels().clone();
    long[] documents = new long[labels.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % b.length() < source ? TokenSequence.IGNORED : labels[i];
      documents[i] = Math.min(1, b.documents()[i]);
    }
    return with(b, labels, documents, new Batch.Form(true, source, null));
  }

  private static Batch segments(ObjectNode config, Batch b) {
    boolean segments = config.path("type_vocab_size").asInt(2) > 1;
    long[] types = new long[b.tokens().length];
    Arrays.setAll(types, i -> segments && b.positions()[i] % 3 == 1 ? 1 : 0);
    return with(b, b.labels(), b.documents(), new Batch.Form(true, 0, types));
  }

  private static Batch with(Batch b, long[] labels, long[] documents, Batch.Form form) {
    return new Batch(
        b.rows(),
        b.length(),
        b.tokens(),
        labels,
        b.positions(),
        documents,
        b.weights(),
        b.sources(),
        form);
  }

  /** Random tokens, two thirds of them labelled, in these documents. */
  public static Batch batch(long[] documents, int rows, int length) {
    SplittableRandom random = new SplittableRandom(5);
    long[] tokens = new long[rows * length];
    long[] labels = new long[tokens.length];
    long[] positions = new long[tokens.length];
    float[] weights = new float[tokens.length];
    Arrays.fill(weights, 1);
    for (int i = 0; i < tokens.length; i++) {
      boolean goes = i % length > 0 && documents[i] == documents[i - 1];
      tokens[i] = random.nextInt(VOCABULARY);
      positions[i] = documents[i] != 0 && goes ? positions[i - 1] + 1 : 0;
      boolean labelled = random.nextInt(3) > 0 && positions[i] > 0;
      labels[i] = labelled ? tokens[i] : TokenSequence.IGNORED;
    }
    int[][] sources = new int[rows][];
    Arrays.setAll(sources, b -> new int[] {b + 1});
    return new Batch(rows, length, tokens, labels, positions, documents, weights, sources);
  }

  /** (B, T, V), row-major. */
  public static float[] logits(Transformer model, Batch batch) {
    try (PointerScope scope = new PointerScope()) {
      Pass pass =
          model.pass(
              Places.whole(batch.positions(), batch.documents(), batch.rows(), batch.length())
                  .withTypes(batch.form().types())
                  .withSource(batch.form().source()));
      Tensor ids = Tensors.longs(batch.tokens(), Device.CPU, batch.rows(), batch.length());
      Tensor hidden = Inference.hidden(model, ids, pass, List.of());
      return Tensors.toFloats(Inference.logits(model, hidden, pass));
    }
  }
}
