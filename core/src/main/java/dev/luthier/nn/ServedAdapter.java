package dev.luthier.nn;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * An adapter beside a model that was built without it: it comes and goes while the model stays, and
 * is used on the tokens that {@link RowAdapters} gives it. It adds to linear layers and changes
 * nothing else.
 */
public final class ServedAdapter implements AutoCloseable {
  private final Map<Linear, Addition> layers = new IdentityHashMap<>();
  private final List<Tensor> tensors;

  /**
   * What is added to a layer.
   *
   * @param a (R, in), in the compute dtype
   * @param b (R, out), the transpose of {@link Lora}'s
   * @param addressA of a's numbers
   * @param addressB of b's numbers
   */
  record Addition(Tensor a, Tensor b, double scale, int rank, long addressA, long addressB) {
    /**
     * @param a of the adapter, in the compute dtype
     * @param b (R, out), in the compute dtype, contiguous
     */
    static Addition of(Lora lora, Tensor a, Tensor b) {
      return new Addition(
          a, b, lora.scale(), lora.rank(), a.data_ptr().address(), b.data_ptr().address());
    }
  }

  private ServedAdapter() {
    this.tensors = new ArrayList<>();
  }

  private ServedAdapter(LoraLayers lora, Map<String, Linear> linears, Linear head) {
    linears.forEach(
        (path, linear) -> {
          Lora own = lora.create(path, linear.in(), linear.out(), linear == head);
          if (own != null && own.a().dim() == 2 && own.b().dim() == 2) {
            layers.put(linear, Addition.of(own, own.a(), Tensors.pin(own.b().t().contiguous())));
          }
        });
    this.tensors = new ArrayList<>(lora.parameters().all().values());
  }

  /**
   * Reads an adapter's matrices.
   *
   * @param linears the model's layers, by path
   * @param head the one of them that is the head
   * @throws LuthierException if it has more than matrices beside layers, or does not fit them
   */
  public static ServedAdapter of(LoraLayers lora, Map<String, Linear> linears, Linear head) {
    LoraSettings settings = lora.settings();
    List<String> more = new ArrayList<>();
    if (!settings.modulesToSave().isEmpty()) {
      more.add("modules_to_save " + settings.modulesToSave());
    }
    if (!settings.trainableTokenIndices().isEmpty()) {
      more.add("trainable_token_indices " + settings.trainableTokenIndices());
    }
    if (settings.bias() != LoraSettings.Bias.NONE) {
      more.add("bias " + settings.bias());
    }
    if (!more.isEmpty()) {
      throw new LuthierException(
          "the adapter replaces part of its base ("
              + String.join(", ", more)
              + "), which adapters that share one base cannot: fuse it with luthier fuse, and serve"
              + " the result as a model. See docs/troubleshooting.md#adapter-replaces");
    }
    ServedAdapter adapter = new ServedAdapter(lora, linears, head);
    try {
      lora.parameters().finish();
    } catch (LuthierException e) {
      adapter.close();
      throw e;
    }
    return adapter;
  }

  /**
   * The adapter of a model that was built with it, as its weights are now. Until this is closed it
   * adds nothing in the model itself, so that texts may be written as they are served.
   *
   * @param adapted the model's layers that carry it
   * @param dtype in which the model computes
   */
  public static ServedAdapter ofModel(Collection<Linear> adapted, ScalarType dtype) {
    ServedAdapter out = new ServedAdapter();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      for (Linear linear : adapted) {
        Lora lora = Objects.requireNonNull(linear.lora());
        Tensor a = Tensors.pin(Tensors.cast(lora.a().detach(), dtype));
        out.tensors.add(a);
        Tensor b = Tensors.pin(Tensors.cast(lora.b().detach(), dtype).t().contiguous());
        out.layers.put(linear, Addition.of(lora, a, b));
      }
    }
    adapted.forEach(linear -> linear.setAside(true));
    return out;
  }

  /** What it adds to a layer; null for nothing. */
  @Nullable Addition of(Linear layer) {
    return layers.get(layer);
  }

  /** The largest rank. */
  public int rank() {
    return layers.values().stream().mapToInt(Addition::rank).max().orElse(0);
  }

  @Override
  public void close() {
    layers.keySet().forEach(linear -> linear.setAside(false));
    layers.values().forEach(addition -> Tensors.release(addition.b));
    tensors.forEach(Tensors::release);
    tensors.clear();
    layers.clear();
  }
}
