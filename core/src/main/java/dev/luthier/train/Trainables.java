package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The parameters that a run trains, the base model's first and then the adapter's, by name. */
public final class Trainables {
  private Trainables() {}

  /** All of them, in a fixed order. */
  public static Map<String, Tensor> of(Transformer model) {
    Map<String, Tensor> out = new LinkedHashMap<>(model.parameters().trainable());
    model.adapter().ifPresent(a -> out.putAll(a.trainable()));
    return out;
  }

  /** How many numbers they are. */
  public static long count(Transformer model) {
    return of(model).values().stream().mapToLong(Tensor::numel).sum();
  }

  /**
   * Checks that there is something to train.
   *
   * @throws LuthierException if there is not
   */
  public static void require(Transformer model) {
    if (of(model).isEmpty()) {
      throw new LuthierException(
          "nothing is trained: no layer of the model matches lora.targets. See docs/sft.md#targets");
    }
  }

  /** The first of these that holds something infinite or not a number. */
  static Optional<String> notFinite(Map<String, Tensor> parameters) {
    try (Grad off = Grad.off()) {
      for (Map.Entry<String, Tensor> p : parameters.entrySet()) {
        try (PointerScope scope = new PointerScope()) {
          if (!Tensors.allFinite(p.getValue())) {
            return Optional.of(p.getKey());
          }
        }
      }
    }
    return Optional.empty();
  }
}
