package dev.luthier.train;

import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The trained weights of a model at some time, so that it can be asked later what it would have
 * said. Over a frozen base these are an adapter's, which are few: the base serves both.
 */
public final class Snapshot {
  private final Map<String, Tensor> trained;
  private final Map<String, Tensor> kept = new LinkedHashMap<>();

  /** Copies the weights as they are now. */
  public Snapshot(Map<String, Tensor> trained) {
    this.trained = trained;
    try (Grad off = Grad.off()) {
      trained.forEach((name, t) -> kept.put(name, Tensors.pin(t.detach().clone())));
    }
  }

  /** Bytes that it takes, while weights are exchanged those of the newer ones included. */
  public static long bytes(Map<String, Tensor> trained) {
    return 2 * trained.values().stream().mapToLong(t -> t.numel() * 4).sum();
  }

  /** What comes of work under these weights; afterwards the model has those that it had before. */
  public <T> T with(Supplier<T> work) {
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> now = new LinkedHashMap<>();
      try (Grad off = Grad.off()) {
        trained.forEach((name, t) -> now.put(name, t.detach().clone()));
        put(kept);
        return work.get();
      } finally {
        put(now);
      }
    }
  }

  private void put(Map<String, Tensor> values) {
    try (Grad off = Grad.off()) {
      trained.forEach((name, t) -> t.detach().copy_(values.get(name)));
    }
  }
}
