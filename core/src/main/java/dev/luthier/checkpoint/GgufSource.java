package dev.luthier.checkpoint;

import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufFamily.Trait;
import dev.luthier.format.GgufTensor;
import dev.luthier.nn.Init;
import dev.luthier.quant.GgufMatrix;
import dev.luthier.quant.QuantSettings;
import dev.luthier.quant.QuantizedMatrix;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Tensors of a GGUF file under Hugging Face's names and with Hugging Face's values: what
 * llama.cpp's converter changed is changed back.
 */
final class GgufSource implements StoredTensors {
  private static final int MOST_EXPERTS = 1024;

  /** In a name, for each of three tensors whose rows are joined. */
  private static final String JOINED = "[qkv]";

  private final Gguf file;
  private final GgufFamily family;
  private final boolean keep;
  private final GgufRows order;
  private final Map<String, GgufTensor> stored = new LinkedHashMap<>();
  private final Map<String, String> aliases = new HashMap<>();
  private final Set<String> used = new TreeSet<>();

  /**
   * @param keep whether matrices in few bits stay so
   * @throws LuthierException naming tensors whose type is not read
   */
  GgufSource(Gguf file, boolean keep) {
    this.file = file;
    this.family = GgufFamily.of(file);
    this.keep = keep;
    long heads = count("attention.head_count", 1);
    long keyHeads = count("attention.head_count_kv", heads);
    this.order = new GgufRows(family, heads, keyHeads, file.path().toString());
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (!GgufFamily.computes(name)) {
                check(tensor);
                put(family.name(name).orElse(name), tensor);
              }
            });
  }

  private void put(String name, GgufTensor tensor) {
    if (name.contains(JOINED)) {
      long rows = tensor.shape().isEmpty() ? 0 : tensor.shape().get(0);
      divides(tensor, rows, 3, "are not as many each for q, k and v");
      for (int i = 0; i < 3; i++) {
        stored.put(name.replace(JOINED, "qkv".substring(i, i + 1)), tensor.share(i, 3));
      }
      return;
    }
    if (!name.contains("*")) {
      stored.put(name, tensor);
      return;
    }
    if (tensor.shape().size() != 3 || tensor.shape().get(0) > MOST_EXPERTS) {
      throw new LuthierException(
          file.path()
              + ": tensor '"
              + tensor.name()
              + "' is "
              + tensor.shape()
              + "; expected the stacked matrices of at most "
              + MOST_EXPERTS
              + " experts");
    }
    for (int expert = 0; expert < tensor.shape().get(0); expert++) {
      stored.put(name.replace("*", Integer.toString(expert)), tensor.part(expert));
    }
  }

  private long count(String key, long otherwise) {
    return file.metadata().integer(family.architecture() + "." + key).orElse(otherwise);
  }

  private void check(GgufTensor tensor) {
    if (GgufValues.plain(tensor.type()).isEmpty() && !GgufMatrix.reads(tensor.type())) {
      throw new LuthierException(
          file.path()
              + ": tensor '"
              + tensor.name()
              + "' is of type "
              + tensor.type()
              + ", which is not read. Take another file of the model, such as one in Q8_0 or"
              + " Q4_K_M. See docs/gguf.md#types");
    }
  }

  @Override
  public boolean has(String name) {
    return stored.containsKey(name);
  }

  @Override
  public Set<String> names() {
    return stored.keySet();
  }

  @Override
  public void alias(String name, String other) {
    aliases.putIfAbsent(name, other);
  }

  private Optional<GgufTensor> find(String name) {
    return Optional.ofNullable(stored.get(actual(name)));
  }

  private GgufTensor get(String name) {
    return Objects.requireNonNull(stored.get(actual(name)), name);
  }

  private String actual(String name) {
    return stored.containsKey(name) ? name : aliases.getOrDefault(name, name);
  }

  /** Few bits become bfloat16. */
  @Override
  public Optional<DType> dtype(String name) {
    return find(name).map(t -> GgufValues.plain(t.type()).orElse(DType.BF16));
  }

  @Override
  public Optional<QuantSettings> quantization() {
    return stored.keySet().stream()
        .filter(this::isQuantized)
        .findFirst()
        .map(name -> QuantSettings.stored());
  }

  @Override
  public boolean isQuantized(String name) {
    return keep && find(name).filter(t -> matrix(t) && t.type().isQuantized()).isPresent();
  }

  private static boolean matrix(GgufTensor tensor) {
    return tensor.shape().size() == 2;
  }

  @Override
  public QuantizedMatrix quantized(String name, long rows, long columns, boolean transposed) {
    used.add(actual(name));
    GgufTensor tensor = get(name);
    return new GgufMatrix(
        tensor.type(), columns, order.loaded(tensor.name(), GgufValues.blocks(tensor, 0, rows)));
  }

  @Override
  public Optional<long[]> shape(String name, long... asked) {
    return find(name)
        .map(
            t ->
                turned(t)
                    ? new long[] {t.shape().get(1), t.shape().get(0)}
                    : t.shape().stream().mapToLong(Long::longValue).toArray());
  }

  /** Whether Hugging Face stores this matrix (in, out). */
  private boolean turned(GgufTensor tensor) {
    return family.traits().contains(Trait.TURNED)
        && tensor.name().startsWith("blk.")
        && matrix(tensor);
  }

  @Override
  public Tensor read(String name) {
    DType dtype = dtype(name).orElseThrow();
    Tensor out =
        torch.empty(
            shape(name).orElseThrow(), Tensors.options(TorchTypes.of(dtype), Device.CPU), null);
    read(name, Init.NORMAL, out);
    return out;
  }

  @Override
  public void read(String name, Init init, Tensor target) {
    used.add(actual(name));
    GgufTensor tensor = get(name);
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      if (family.traits().contains(Trait.NORMS_PLUS_ONE) && tensor.name().endsWith("norm.weight")) {
        Tensor exact =
            torch.empty(Tensors.shape(target), Tensors.options(ScalarType.Float, Device.CPU), null);
        readStored(name, tensor, exact);
        target.copy_(exact.sub_(Tensors.scalar(1)));
      } else if (turned(tensor)) {
        Tensor rows =
            torch.empty(
                new long[] {target.size(1), target.size(0)},
                Tensors.options(Tensors.dtype(target), Device.CPU),
                null);
        readStored(name, tensor, rows);
        target.copy_(rows.t());
      } else {
        readStored(name, tensor, target);
      }
    }
  }

  private void readStored(String name, GgufTensor tensor, Tensor target) {
    GgufValues.read(name, tensor, target);
    Tensor ordered = order.loaded(tensor.name(), target);
    if (ordered != target) {
      target.copy_(ordered);
    }
  }

  private void divides(GgufTensor tensor, long whole, long parts, String problem) {
    if (parts < 1 || whole % parts != 0) {
      throw new LuthierException(
          file.path() + ": tensor '" + tensor.name() + "' has rows that " + problem);
    }
  }

  @Override
  public DType commonDtype() {
    Map<DType, Long> elements = new LinkedHashMap<>();
    stored.forEach((name, t) -> elements.merge(dtype(name).orElseThrow(), t.elements(), Long::sum));
    return elements.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(DType.F32);
  }

  @Override
  public void reserve(String name) {
    used.add(actual(name));
  }

  @Override
  public Set<String> unused() {
    Set<String> out = new TreeSet<>(stored.keySet());
    out.removeAll(used);
    return out;
  }

  @Override
  public String where() {
    return file.path().toString();
  }
}
