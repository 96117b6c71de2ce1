package dev.luthier.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The one place that decides what stands behind a linear layer's name: a plain matrix, or one with
 * an adapter. Model constructors ask it, so their fields stay final and no family knows of
 * adapters.
 */
public final class Linears {
  private final Parameters base;
  private final Optional<LoraLayers> lora;
  private final Map<String, Linear> all = new LinkedHashMap<>();
  private final Map<String, Linear> adapted = new LinkedHashMap<>();
  private @Nullable TokenRows tokens;

  /**
   * @param base the model's own parameters
   * @param lora the adapters, if any
   */
  public Linears(Parameters base, Optional<LoraLayers> lora) {
    this.base = base;
    this.lora = lora;
  }

  /** The model's own parameters. */
  public Parameters base() {
    return base;
  }

  /** The adapters, if any. */
  public Optional<LoraLayers> lora() {
    return lora;
  }

  /** All layers, by path. */
  public Map<String, Linear> all() {
    return Collections.unmodifiableMap(all);
  }

  /** The block of this path, with the matrices of all layers under it so far. */
  public BlockWeights under(String path) {
    Set<Weight> weights = Collections.newSetFromMap(new IdentityHashMap<>());
    all.forEach(
        (name, linear) -> {
          if (name.startsWith(path + ".")) {
            weights.add(linear.stack());
          }
        });
    return new BlockWeights(path, weights);
  }

  /**
   * The token embedding, some rows of which the adapter may train though the table is frozen.
   *
   * @param name of its table
   */
  public Embedding tokens(String name, int rows, int width) {
    Tensor table = base.get(name, Init.NORMAL, rows, width);
    tokens = tokenRows(name, () -> base.dense(table), rows);
    return new Embedding(table, rows, width, base.compute(), tokens);
  }

  private @Nullable TokenRows tokenRows(String name, Supplier<Weight> table, int rows) {
    return base.isTrainable(name)
        ? null
        : lora.map(l -> TokenRows.of(l, name, table.get(), rows)).orElse(null);
  }

  /** The layers that carry an adapter, by path. */
  public Map<String, Linear> adapted() {
    return Collections.unmodifiableMap(adapted);
  }

  /**
   * One map of a group.
   *
   * @param path of its module
   */
  public record Part(String path, int out, boolean bias) {}

  /** The linear layer at this path, (in) to (out). */
  public Linear create(String path, int in, int out, boolean bias) {
    Weight weight = base.weight(List.of(path + ".weight"), new int[] {out}, in);
    return linear(new Part(path, out, bias), weight, 0, in, false);
  }

  /**
   * A linear layer whose matrix is stored (in, out), as GPT-2's {@code Conv1D}; it has a bias.
   *
   * @param path of its module
   */
  public Linear conv1d(String path, int in, int out) {
    Weight weight = base.transposed(path + ".weight", in, out);
    return linear(new Part(path, out, true), weight, 0, in, false);
  }

  /** Linear layers of the same input, which run as one product. */
  public LinearGroup group(int in, Part... parts) {
    List<String> names = Arrays.stream(parts).map(p -> p.path() + ".weight").toList();
    int[] rows = Arrays.stream(parts).mapToInt(Part::out).toArray();
    List<Linear> members = new ArrayList<>();
    // Parameters that differ in whether they are trained, or quantized, can't share storage.
    if (names.stream().map(base::isTrainable).distinct().count() > 1
        || names.stream().map(base::isQuantized).distinct().count() > 1) {
      for (Part part : parts) {
        members.add(create(part.path(), in, part.out(), part.bias()));
      }
      return new LinearGroup(members);
    }
    Weight weight = base.weight(names, rows, in);
    int from = 0;
    for (Part part : parts) {
      members.add(linear(part, weight, from, in, false));
      from += part.out();
    }
    return new LinearGroup(members);
  }

  /**
   * The output head: a matrix of its own, or the embedding when tied.
   *
   * @param embedding (V, D)
   */
  public Linear head(String path, Tensor embedding, int in, int out, boolean tied) {
    return head(path, embedding, in, out, tied, Optional.empty());
  }

  /**
   * The same with a bias.
   *
   * @param biasName its whole name
   */
  public Linear head(
      String path, Tensor embedding, int in, int out, boolean tied, Optional<String> biasName) {
    String name = path + ".weight";
    // A tied head that modules_to_save trains on its own starts as a copy of the embedding.
    boolean own = !tied || lora.filter(l -> LoraLayers.trainsBase(l.settings(), name)).isPresent();
    if (!own) {
      base.tolerate(name);
      lora.ifPresent(l -> l.tolerateTied(name));
    }
    Weight held = own ? base.dense(List.of(name), new int[] {out}, in) : base.dense(embedding);
    Weight weight = base.head(name, held);
    @Nullable Tensor bias = biasName.map(n -> base.get(n, Init.ZEROS, out)).orElse(null);
    @Nullable TokenRows trained = own ? tokenRows(name, () -> weight, out) : tokens;
    return linear(path, out, bias, weight, 0, in, true, trained);
  }

  /**
   * An output head over hidden states that is not a language model's: a matrix of its own, held as
   * it is, that {@code all-linear} does not adapt.
   */
  public Linear scores(String path, int in, int out, boolean bias) {
    Weight weight = base.dense(List.of(path + ".weight"), new int[] {out}, in);
    return linear(new Part(path, out, bias), weight, 0, in, true);
  }

  private Linear linear(Part part, Weight weight, int from, int in, boolean head) {
    @Nullable Tensor bias =
        part.bias() ? base.get(part.path() + ".bias", Init.ZEROS, part.out()) : null;
    return linear(part.path(), part.out(), bias, weight, from, in, head, null);
  }

  private Linear linear(
      String path,
      int out,
      @Nullable Tensor bias,
      Weight weight,
      int from,
      int in,
      boolean head,
      @Nullable TokenRows trained) {
    @Nullable Lora adapter = lora.map(l -> l.create(path, in, out, head)).orElse(null);
    Linear linear = new Linear(weight, from, in, out, bias, adapter, trained);
    all.put(path, linear);
    if (adapter != null) {
      adapted.put(path, linear);
    }
    return linear;
  }
}
