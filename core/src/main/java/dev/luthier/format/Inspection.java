package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a safetensors or PyTorch file holds, or a model's or adapter's folder, or a JSON file.
 * Headers and settings are read, data is not.
 *
 * @param path what was looked at
 * @param kind {@code safetensors}, {@code pytorch}, {@code llama2.c}, {@code model}, {@code
 *     adapter}, {@code folder} or {@code json}
 * @param files the tensors' files, sorted by name
 * @param configs the folder's {@code config.json}, {@code adapter_config.json}, {@code
 *     generation_config.json} and {@code run.json}, or the JSON file, by name
 * @param problems what does not fit together: shards that are missing, weights of no known form
 */
public record Inspection(
    Path path,
    String kind,
    List<WeightFile> files,
    Map<String, JsonNode> configs,
    List<String> problems) {
  private static final List<String> CONFIGS =
      List.of(HfFolder.CONFIG, HfFolder.ADAPTER_CONFIG, HfFolder.GENERATION_CONFIG, "run.json");

  /**
   * Looks at a file or folder.
   *
   * @throws LuthierException when there is nothing to look at, or a file is broken
   */
  public static Inspection of(Path path) {
    HfFolder.Kind kind = HfFolder.kind(path);
    if (Files.isRegularFile(path)) {
      return file(path);
    }
    if (kind == HfFolder.Kind.NOTHING) {
      throw new LuthierException(path + ": expected " + EXPECTED + ", found nothing");
    }
    List<WeightFile> files = new ArrayList<>();
    List<Path> pickled = new ArrayList<>();
    Map<String, JsonNode> configs = new TreeMap<>();
    for (String name : SafetensorsIndex.names(path)) {
      if (name.endsWith(SafetensorsIndex.SUFFIX)) {
        files.add(SafetensorsFile.open(path.resolve(name)));
      } else if (ModelWeights.isPickled(name, kind)) {
        pickled.add(path.resolve(name));
      } else if (CONFIGS.contains(name)) {
        configs.put(name, Json.read(path.resolve(name)));
      }
    }
    if (files.isEmpty()) {
      pickled.forEach(p -> files.add(TorchFile.open(p)));
    }
    if (files.isEmpty() && configs.isEmpty()) {
      throw new LuthierException(
          path
              + ": expected "
              + EXPECTED
              + ", found a folder with "
              + SafetensorsIndex.listed(SafetensorsIndex.names(path)));
    }
    String word =
        kind == HfFolder.Kind.OTHER_FOLDER ? "folder" : kind.name().toLowerCase(Locale.ROOT);
    return new Inspection(path, word, List.copyOf(files), configs, problems(path, kind));
  }

  private static final String EXPECTED =
      "a .safetensors, .bin, .pt or .json file, or a model's or adapter's folder";

  private static Inspection file(Path path) {
    String name = String.valueOf(path.getFileName());
    if (Llama2cFile.isOne(path)) {
      Llama2cFile file = Llama2cFile.open(path);
      Map<String, JsonNode> config = Map.of(HfFolder.CONFIG, file.config());
      return new Inspection(path, "llama2.c", List.of(file), config, List.of());
    }
    if (name.endsWith(SafetensorsIndex.SUFFIX)) {
      return new Inspection(
          path, "safetensors", List.of(SafetensorsFile.open(path)), Map.of(), List.of());
    }
    if (name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")) {
      return new Inspection(path, "pytorch", List.of(TorchFile.open(path)), Map.of(), List.of());
    }
    if (name.endsWith(".json")) {
      Map<String, JsonNode> config = Map.of(name, Json.read(path, Json.VOCABULARY_BYTES));
      return new Inspection(path, "json", List.of(), config, List.of());
    }
    throw new LuthierException(path + ": expected " + EXPECTED + ", found another file");
  }

  /** A reader of the weights would complain of the same. */
  private static List<String> problems(Path path, HfFolder.Kind kind) {
    if (kind != HfFolder.Kind.MODEL && !ModelWeights.hasIndex(path)) {
      return List.of();
    }
    try {
      ModelWeights.open(path);
      return List.of();
    } catch (LuthierException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  /** Returns all tensors, file by file. */
  public Stream<TensorInfo> tensors() {
    return files.stream().flatMap(file -> file.tensors().values().stream());
  }

  /** Returns the number of elements of all tensors. */
  public long parameters() {
    return tensors().mapToLong(TensorInfo::elements).sum();
  }

  /** Returns the bytes of all tensors. */
  public long bytes() {
    return tensors().mapToLong(TensorInfo::length).sum();
  }

  /** Returns the bytes of all tensors by dtype. */
  public Map<DType, Long> bytesPerDtype() {
    Map<DType, Long> out = new TreeMap<>();
    tensors().forEach(t -> out.merge(t.dtype(), t.length(), Long::sum));
    return out;
  }

  /** Returns names that stand for a stored tensor (tied weights), file by file. */
  public Map<String, String> aliases() {
    Map<String, String> out = new TreeMap<>();
    files.forEach(file -> out.putAll(file.aliases()));
    return out;
  }

  /** Returns all of it as one JSON object. */
  public Map<String, Object> toJson() {
    Map<String, Object> metadata = new LinkedHashMap<>();
    List<Map<String, Object>> tensors = new ArrayList<>();
    for (WeightFile file : files) {
      String name = String.valueOf(file.path().getFileName());
      metadata.put(name, file.metadata());
      file.tensors().values().forEach(info -> tensors.add(tensor(name, info)));
    }
    Map<String, Object> dtypes = new LinkedHashMap<>();
    bytesPerDtype().forEach((dtype, bytes) -> dtypes.put(dtype.name(), bytes));
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("path", path.toString());
    out.put("kind", kind);
    out.put("parameters", parameters());
    out.put("bytes", bytes());
    out.put("bytesPerDtype", dtypes);
    out.put("metadata", metadata);
    out.put("aliases", aliases());
    out.put("tensors", tensors);
    out.put("configs", configs);
    out.put("problems", problems);
    return out;
  }

  private static Map<String, Object> tensor(String file, TensorInfo info) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", info.name());
    out.put("dtype", info.dtype().name());
    out.put("shape", info.shape());
    out.put("bytes", info.length());
    out.put("file", file);
    return out;
  }

  /** Returns all of it as lines for a terminal, each ending with a newline. */
  public String toText() {
    return InspectionText.of(this);
  }
}
