package dev.luthier.checkpoint;

import dev.luthier.format.DType;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.WeightFile;
import dev.luthier.nn.Init;
import dev.luthier.quant.QuantSettings;
import dev.luthier.quant.QuantizedMatrix;
import dev.luthier.tensor.Grad;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors of one or several files, read when asked for. */
final class FileSource implements StoredTensors {
  private record Place(WeightFile file, TensorInfo info) {}

  private final String where;
  private final Map<String, Place> stored = new LinkedHashMap<>();
  private final Map<String, String> aliases = new HashMap<>();
  private final Set<String> used = new TreeSet<>();

  /**
   * @param rename from the file's names to the model's
   */
  FileSource(String where, List<? extends WeightFile> files, UnaryOperator<String> rename) {
    this(where, files, rename, name -> false);
  }

  /**
   * @param rename from the file's names to the model's
   * @param unused which of the model's names nothing needs
   */
  FileSource(
      String where,
      List<? extends WeightFile> files,
      UnaryOperator<String> rename,
      Predicate<String> unused) {
    this.where = where;
    for (WeightFile file : files) {
      file.tensors()
          .forEach(
              (n, info) -> {
                String name = rename.apply(n);
                if (!unused.test(name)) {
                  stored.put(name, new Place(file, info));
                }
              });
      file.aliases().forEach((a, n) -> aliases.put(rename.apply(a), rename.apply(n)));
    }
  }

  @Override
  public void alias(String name, String other) {
    aliases.putIfAbsent(name, other);
  }

  @Override
  public boolean has(String name) {
    return stored.containsKey(name);
  }

  @Override
  public Set<String> names() {
    return stored.keySet();
  }

  private String actual(String name) {
    return stored.containsKey(name) ? name : aliases.getOrDefault(name, name);
  }

  @Override
  public boolean isQuantized(String name) {
    return QuantizedTensors.has(this, actual(name));
  }

  @Override
  public QuantizedMatrix quantized(String name, long rows, long columns, boolean transposed) {
    return QuantizedTensors.read(this, actual(name));
  }

  @Override
  public Optional<long[]> shape(String name, long... asked) {
    if (isQuantized(name)) {
      return Optional.of(QuantizedTensors.shape(this, actual(name)));
    }
    return Optional.ofNullable(stored.get(actual(name)))
        .map(p -> p.info().shape().stream().mapToLong(Long::longValue).toArray());
  }

  @Override
  public void read(String name, Init init, Tensor target) {
    Place place = Objects.requireNonNull(stored.get(actual(name)), name);
    if (isQuantized(name)) {
      dequantize(name, target);
      return;
    }
    used.add(actual(name));
    TensorFiles.read(place.file().path(), place.info(), target);
  }

  private void dequantize(String name, Tensor target) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      target.copy_(QuantizedTensors.read(this, actual(name)).dequantize(ScalarType.Float));
    }
  }

  /** Where and how a tensor is stored; empty if it is not. */
  Optional<TensorInfo> info(String name) {
    return Optional.ofNullable(stored.get(actual(name))).map(Place::info);
  }

  @Override
  public Optional<DType> dtype(String name) {
    return info(name).map(TensorInfo::dtype);
  }

  @Override
  public Optional<QuantSettings> quantization() {
    return QuantizedTensors.settings(this);
  }

  @Override
  public DType commonDtype() {
    Set<String> quantized = new HashSet<>();
    for (String name : stored.keySet()) {
      if (isQuantized(name)) {
        quantized.add(name);
        quantized.addAll(QuantizedTensors.companions(this, name));
      }
    }
    Map<DType, Long> bytes = new LinkedHashMap<>();
    for (String name : stored.keySet()) {
      if (!quantized.contains(name)) {
        info(name).ifPresent(t -> bytes.merge(t.dtype(), t.length(), Long::sum));
      }
    }
    return bytes.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(DType.F32);
  }

  @Override
  public Tensor read(String name) {
    Place place = Objects.requireNonNull(stored.get(actual(name)), name);
    used.add(actual(name));
    return TensorFiles.read(place.file().path(), place.info());
  }

  @Override
  public void reserve(String name) {
    used.add(actual(name));
    used.addAll(QuantizedTensors.companions(this, actual(name)));
  }

  @Override
  public Set<String> unused() {
    Set<String> out = new TreeSet<>(stored.keySet());
    out.removeAll(used);
    return out;
  }

  @Override
  public String where() {
    return where;
  }
}
