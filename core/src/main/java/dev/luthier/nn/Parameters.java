package dev.luthier.nn;

import dev.luthier.LuthierException;
import dev.luthier.quant.QuantizedMatrix;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

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
  private final boolean stream;
  private final @Nullable Packing packing;
  private final MatrixPool pool;
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
    this(source, compute, device, trainable, false);
  }

  /**
   * @param stream whether frozen matrices of linear layers that are not quantized stay where they
   *     come from and are read each time they are needed
   */
  public Parameters(
      TensorSource source,
      ScalarType compute,
      Device device,
      Predicate<String> trainable,
      boolean stream) {
    this(source, compute, device, trainable, stream, null);
  }

  /**
   * @param packing what frozen matrices of linear layers are rounded to; null for nothing
   */
  public Parameters(
      TensorSource source,
      ScalarType compute,
      Device device,
      Predicate<String> trainable,
      boolean stream,
      @Nullable Packing packing) {
    this.packing = packing;
    this.stream = stream;
    this.source = source;
    this.compute = compute;
    this.device = device.isMeta() ? device : device.check();
    this.trainable = trainable;
    this.pool = new MatrixPool(compute, device);
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
    Tensor held = hold(name, init, null, shape);
    tensors.put(name, held);
    return held;
  }

  /**
   * The parameter of this name and of a value's shape, which it starts with unless the source has
   * another one.
   */
  Tensor get(String name, Tensor start) {
    Tensor held = hold(name, Init.AS_IS, start, Tensors.shape(start));
    tensors.put(name, held);
    return held;
  }

  /** Whether the matrix of a linear layer is held in few bits. */
  boolean isQuantized(String name) {
    return !isTrainable(name) && source.isQuantized(name);
  }

  /**
   * The matrices of linear layers of the same input, in few bits if the source has them so; all or
   * none of them are quantized, and all or none trained.
   *
   * @param names of the matrices, (rows[i], in) each
   */
  Weight weight(List<String> names, int[] rows, int in) {
    if (stream && !isTrainable(names.get(0)) && !isQuantized(names.get(0))) {
      for (int i = 0; i < rows.length; i++) {
        fits(names.get(i), rows[i], in);
        source.reserve(names.get(i));
      }
      return new Streamed(names, rows, in, source, pool);
    }
    if (!isQuantized(names.get(0))) {
      return packs(names.get(0), in) ? packed(names, rows, in) : dense(names, rows, in);
    }
    List<QuantizedMatrix> members = new ArrayList<>();
    for (int i = 0; i < rows.length; i++) {
      String name = names.get(i);
      if (fits(name, rows[i], in)) {
        members.add(quantized(name, rows[i], in, false));
      }
    }
    return new Quantized(members, false, pool);
  }

  private boolean packs(String name, int in) {
    return packing != null && !isTrainable(name) && in % Packing.COLUMNS == 0;
  }

  private Weight packed(List<String> names, int[] rows, int in) {
    boolean fit = true;
    for (int i = 0; i < rows.length; i++) {
      fit &= fits(names.get(i), rows[i], in);
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor stack = empty(false, fit ? Arrays.stream(rows).asLongStream().sum() : 1, in);
      long from = 0;
      for (int i = 0; fit && i < rows.length; i++) {
        source.read(names.get(i), Init.NORMAL, stack.narrow(0, from, rows[i]));
        from += rows[i];
      }
      return new Packed(Objects.requireNonNull(packing), stack, false, pool);
    }
  }

  /**
   * The matrix of an output head.
   *
   * @param held (out, in), in the compute dtype
   */
  Weight head(String name, Weight held) {
    if (!(held instanceof Dense d) || d.stored().dim() != 2 || d.trained()) {
      return held;
    }
    return packs(name, Math.toIntExact(d.stored().size(1)))
        ? new Packed(Objects.requireNonNull(packing), d.stored(), false, pool)
        : held;
  }

  /**
   * The matrix of a linear layer that is stored (in, out).
   *
   * @param name of the matrix
   */
  Weight transposed(String name, int in, int out) {
    boolean quantized = isQuantized(name);
    if (!quantized && !stream && packs(name, in)) {
      try (PointerScope scope = new PointerScope();
          Grad off = Grad.off()) {
        Tensor held = empty(false, in, out);
        if (fits(name, in, out)) {
          source.read(name, Init.NORMAL, held);
        }
        return new Packed(Objects.requireNonNull(packing), held.t().contiguous(), true, pool);
      }
    }
    if (isTrainable(name) || !quantized && !stream) {
      Tensor held = get(name, Init.NORMAL, in, out);
      Tensor seen = held.dim() == 2 ? Tensors.pin(held.detach().t()) : held;
      return dense(new Dense(seen, List.of(held), true));
    }
    if (quantized) {
      // Few bits that are stored are (out, in), those that are made now come of an (in, out).
      long[] turned = {out, in};
      boolean stored =
          source.shape(name, in, out).filter(there -> Arrays.equals(there, turned)).isPresent();
      boolean fit = stored || fits(name, in, out);
      return new Quantized(fit ? List.of(quantized(name, out, in, true)) : List.of(), true, pool);
    }
    fits(name, in, out);
    source.reserve(name);
    return Streamed.transposed(name, out, in, source, pool);
  }

  /** A matrix that is held already as that of a linear layer: a tied head. */
  Weight dense(Tensor held) {
    return dense(held, List.of(held));
  }

  private Weight dense(Tensor stored, List<Tensor> members) {
    return dense(new Dense(stored, members));
  }

  private Weight dense(Dense dense) {
    Tensor stored = dense.stored();
    boolean asIs = Tensors.dtype(stored) == compute || stored.dim() != 2;
    return asIs ? dense : new Rounded(dense, pool);
  }

  private QuantizedMatrix quantized(String name, int rows, int in, boolean transposed) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      QuantizedMatrix matrix = source.quantized(name, rows, in, transposed);
      matrix.tensors().forEach(Tensors::pin);
      return matrix;
    }
  }

  /**
   * Matrices of the same input, stacked in one; all or none of them are trained.
   *
   * @param names of the matrices, (rows[i], in) each
   */
  Weight dense(List<String> names, int[] rows, int in) {
    boolean train = isTrainable(names.get(0));
    if (names.size() == 1) {
      Tensor one = get(names.get(0), Init.NORMAL, rows[0], in);
      return dense(one, List.of(one));
    }
    boolean fit = true;
    for (int i = 0; i < rows.length; i++) {
      fit &= fits(names.get(i), rows[i], in);
    }
    if (!fit) {
      Tensor none = Tensors.pin(torch.empty(0));
      return dense(none, List.of(none));
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor stack = Tensors.pin(empty(train, Arrays.stream(rows).asLongStream().sum(), in));
      List<Tensor> members = new ArrayList<>();
      long from = 0;
      for (int i = 0; i < rows.length; i++) {
        Tensor member = Tensors.pin(stack.narrow(0, from, rows[i]).detach());
        from += rows[i];
        source.read(names.get(i), Init.NORMAL, member);
        member.set_requires_grad(train);
        members.add(member);
        tensors.put(names.get(i), member);
      }
      return dense(stack, members);
    }
  }

  private Tensor hold(String name, Init init, @Nullable Tensor start, long... shape) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      if (!fits(name, shape)) {
        return Tensors.pin(torch.empty(0));
      }
      boolean train = trainable.test(name);
      Tensor held = empty(train, shape);
      if (start != null && !start.is_meta()) {
        held.copy_(start);
      }
      source.read(name, init, held);
      held.set_requires_grad(train);
      return Tensors.pin(held);
    }
  }

  private Tensor empty(boolean train, long... shape) {
    return torch.empty(shape, Tensors.options(train ? ScalarType.Float : compute, device), null);
  }

  /** Whether the source has it in this shape; complains if not. */
  private boolean fits(String name, long... asked) {
    Optional<long[]> there = source.shape(name, asked);
    if (there.isEmpty()) {
      complain("missing: " + name + " " + Arrays.toString(asked));
      return false;
    }
    if (!Arrays.equals(there.get(), asked)) {
      complain(
          "misshapen: "
              + name
              + " is "
              + Arrays.toString(there.get())
              + " where config.json asks for "
              + Arrays.toString(asked));
      return false;
    }
    return true;
  }

  /** Whether the source has a parameter of this name. */
  public boolean has(String name) {
    return source.shape(name).isPresent();
  }

  /** This name may be stored although the model has no use for it. */
  public void tolerate(String name) {
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
            + " do not fit the model's config.json:\n  "
            + String.join("\n  ", complaints)
            + more
            + "\nCheck that the weights and config.json belong together; an adapter fits the base that"
            + " it was trained over, and no other."
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
