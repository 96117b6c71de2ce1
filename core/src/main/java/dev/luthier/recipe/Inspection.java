package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a safetensors file holds, or a folder of them with its configuration; headers are read, data
 * is not.
 *
 * @param path what was looked at
 * @param files the tensors' files, sorted by name
 * @param configs the folder's {@code config.json}, {@code adapter_config.json} and {@code
 *     run.json}, by name
 */
public record Inspection(Path path, List<SafetensorsFile> files, Map<String, JsonNode> configs) {
  private static final String WEIGHTS = ".safetensors";
  private static final List<String> CONFIGS =
      List.of("config.json", "adapter_config.json", "run.json");

  /**
   * Looks at a file or folder.
   *
   * @throws LuthierException when it is neither, or a file is broken
   */
  public static Inspection of(Path path) {
    if (Files.isRegularFile(path) && path.toString().endsWith(WEIGHTS)) {
      return new Inspection(path, List.of(SafetensorsFile.open(path)), Map.of());
    }
    if (!Files.isDirectory(path)) {
      throw new LuthierException(
          path
              + ": expected a .safetensors file or a model's or adapter's folder, found "
              + (Files.exists(path) ? "another file" : "nothing"));
    }
    List<SafetensorsFile> files = weights(path).stream().map(SafetensorsFile::open).toList();
    Map<String, JsonNode> configs = new TreeMap<>();
    for (String name : CONFIGS) {
      if (Files.isRegularFile(path.resolve(name))) {
        configs.put(name, Json.read(path.resolve(name)));
      }
    }
    if (files.isEmpty() && configs.isEmpty()) {
      throw new LuthierException(
          path + ": expected .safetensors files or one of " + CONFIGS + ", found neither");
    }
    return new Inspection(path, files, configs);
  }

  /** Returns the number of elements of all tensors. */
  public long parameters() {
    return tensors().mapToLong(TensorInfo::elements).sum();
  }

  /** Returns the bytes of all tensors. */
  public long bytes() {
    return tensors().mapToLong(TensorInfo::length).sum();
  }

  /** Returns all tensors, file by file. */
  public Stream<TensorInfo> tensors() {
    return files.stream().flatMap(file -> file.tensors().values().stream());
  }

  /** Returns the same as one JSON object. */
  public Map<String, Object> toMap() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("path", path.toString());
    out.put("parameters", parameters());
    out.put("bytes", bytes());
    Map<String, Object> metadata = new LinkedHashMap<>();
    List<Map<String, Object>> tensors = new ArrayList<>();
    for (SafetensorsFile file : files) {
      String name = String.valueOf(file.path().getFileName());
      metadata.put(name, file.metadata());
      file.tensors().values().forEach(info -> tensors.add(tensor(name, info)));
    }
    out.put("metadata", metadata);
    out.put("tensors", tensors);
    out.put("configs", configs);
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

  private static List<Path> weights(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(entry -> entry.toString().endsWith(WEIGHTS)).sorted().toList();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be read: " + e, e);
    }
  }
}
