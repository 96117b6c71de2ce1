package dev.luthier.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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
  private final Map<String, Linear> adapted = new LinkedHashMap<>();

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

  /** The layers that carry an adapter, by path. */
  public Map<String, Linear> adapted() {
    return Collections.unmodifiableMap(adapted);
  }

  /** The linear layer at this path, (in) to (out). */
  public Linear create(String path, int in, int out, boolean bias) {
    Tensor weight = base.get(path + ".weight", Init.NORMAL, out, in);
    @Nullable Tensor b = bias ? base.get(path + ".bias", Init.ZEROS, out) : null;
    return wrap(path, new Dense(weight, b), in, out, false);
  }

  /**
   * The output head: a matrix of its own, or the embedding when tied.
   *
   * @param embedding (V, D)
   */
  public Linear head(String path, Tensor embedding, int in, int out, boolean tied) {
    String name = path + ".weight";
    // A tied head that modules_to_save trains on its own starts as a copy of the embedding.
    boolean own = !tied || lora.filter(l -> LoraLayers.trainsBase(l.settings(), name)).isPresent();
    if (!own) {
      base.tolerate(name);
    }
    Tensor weight = own ? base.get(name, Init.NORMAL, out, in) : embedding;
    return wrap(path, new Dense(weight, null), in, out, true);
  }

  private Linear wrap(String path, Linear dense, int in, int out, boolean head) {
    Linear linear = lora.map(l -> l.wrap(path, dense, in, out, head)).orElse(dense);
    if (linear != dense) {
      adapted.put(path, linear);
    }
    return linear;
  }
}
