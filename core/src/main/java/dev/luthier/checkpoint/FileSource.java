package dev.luthier.checkpoint;

import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.TensorInfo;
import dev.luthier.nn.Init;
import dev.luthier.nn.TensorSource;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** Tensors of one or several safetensors files, mapped. */
final class FileSource implements TensorSource {
  private record Place(SafetensorsFile file, TensorInfo info) {}

  private final String where;
  private final Map<String, Place> stored = new LinkedHashMap<>();
  private final Map<String, String> aliases = new HashMap<>();
  private final Map<Path, Tensor> mapped = new HashMap<>();
  private final Set<String> used = new TreeSet<>();

  /**
   * @param rename from the file's names to the model's
   */
  FileSource(String where, List<SafetensorsFile> files, UnaryOperator<String> rename) {
    this.where = where;
    for (SafetensorsFile file : files) {
      file.tensors().forEach((n, info) -> stored.put(rename.apply(n), new Place(file, info)));
      file.aliases().forEach((a, n) -> aliases.put(rename.apply(a), rename.apply(n)));
    }
  }

  /** From now on, asking for one name gives the other if it is not stored itself. */
  void alias(String name, String other) {
    aliases.putIfAbsent(name, other);
  }

  boolean has(String name) {
    return stored.containsKey(name);
  }

  Set<String> names() {
    return stored.keySet();
  }

  @Override
  public Optional<Tensor> read(String name, Init init, long... shape) {
    String actual = stored.containsKey(name) ? name : aliases.getOrDefault(name, name);
    Place place = stored.get(actual);
    if (place == null) {
      return Optional.empty();
    }
    used.add(actual);
    Path path = place.file().path();
    Tensor file = mapped.computeIfAbsent(path, p -> TensorFiles.map(p, TensorFiles.size(p)));
    return Optional.of(TensorFiles.view(file, place.info()));
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
