package dev.luthier.nn;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A model's parameters under their Hugging Face names, in the order in which the model asked for
 * them.
 *
 * <p>A model's constructor asks for every parameter by name and shape; {@link #finish()} then
 * reports all missing, misshapen and unused tensors in one error. Frozen parameters are held in the
 * compute dtype, trainable ones in float32 with {@code requires_grad}.
 */
public final class Parameters {
  private static final int MOST_COMPLAINTS = 200;

  private final TensorSource source;
  private final ScalarType compute;
  private final Device device;
  private final Predicate<String> trainable;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Set<String> tolerated = new HashSet<>();
  private final List<String> complaints = new ArrayList<>();

  /**
   * @param source where the values come from
   * @param compute dtype of frozen parameters: float32 or bfloat16
   * @param device where they are held
   * @param trainable which names get gradients
   */
  public Parameters(
      TensorSource source, ScalarType compute, Device device, Predicate<String> trainable) {
    this.source = source;
    this.compute = compute;
    this.device = device.check();
    this.trainable = trainable;
  }

  /**
   * The parameter of this name and shape; a stand-in where there is none, which {@link #finish()}
   * reports.
   */
  public Tensor get(String name, Init init, long... shape) {
    Tensor known = tensors.get(name);
    if (known != null) {
      return known;
    }
    Tensor held = hold(name, init, shape);
    tensors.put(name, held);
    return held;
  }

  private Tensor hold(String name, Init init, long... shape) {
    try (Grad off = Grad.off()) {
      Tensor read = source.read(name, init, shape).orElse(null);
      if (read == null) {
        complain("missing: " + name + " " + Arrays.toString(shape));
        return Tensors.pin(torch.empty(0));
      }
      if (!Arrays.equals(Tensors.shape(read), shape)) {
        complain(
            "misshapen: "
                + name
                + " is "
                + Arrays.toString(Tensors.shape(read))
                + " where config.json asks for "
                + Arrays.toString(shape));
        return Tensors.pin(torch.empty(0));
      }
      boolean train = trainable.test(name);
      Tensor cast = Tensors.to(Tensors.cast(read, train ? ScalarType.Float : compute), device);
      // A trainable tensor must not write through to the file or to the tensor that it came from.
      Tensor held = train ? cast.contiguous().clone() : cast.contiguous();
      if (train) {
        held.set_requires_grad(true);
      }
      return Tensors.pin(held);
    }
  }

  /** This name may be stored although the model has no use for it. */
  void tolerate(String name) {
    tolerated.add(name);
  }

  /** Whether this name gets gradients. */
  public boolean isTrainable(String name) {
    return trainable.test(name);
  }

  /**
   * To be called after the model's constructor has asked for everything.
   *
   * @throws LuthierException listing all missing, misshapen and unexpected tensors
   */
  public void finish() {
    TreeSet<String> unused = new TreeSet<>(source.unused());
    unused.removeAll(tolerated);
    // Old Llama checkpoints store this table, which the configuration determines.
    unused.removeIf(name -> name.endsWith("rotary_emb.inv_freq"));
    for (String name : unused) {
      complain("unexpected: " + name);
    }
    if (!complaints.isEmpty()) {
      throw misfit("");
    }
  }

  /** A configuration that asks for a hundred million layers must not get a line for each. */
  private void complain(String what) {
    complaints.add(what);
    if (complaints.size() >= MOST_COMPLAINTS) {
      throw misfit("\n  and maybe more");
    }
  }

  private LuthierException misfit(String more) {
    return new LuthierException(
        "the tensors in "
            + source.where()
            + " do not fit its config.json:\n  "
            + String.join("\n  ", complaints)
            + more
            + "\nCheck that the weights and config.json belong together."
            + " See docs/troubleshooting.md#tensors-do-not-fit");
  }

  /** All parameters by name. */
  public Map<String, Tensor> all() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Those with gradients, by name. */
  public Map<String, Tensor> trainable() {
    Map<String, Tensor> out = new LinkedHashMap<>(tensors);
    out.values().removeIf(t -> !t.requires_grad());
    return out;
  }

  /** The dtype in which models compute. */
  public ScalarType compute() {
    return compute;
  }

  /** Where the parameters are held. */
  public Device device() {
    return device;
  }
}
