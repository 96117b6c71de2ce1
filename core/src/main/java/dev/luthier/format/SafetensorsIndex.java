package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
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
 * The weights of a model folder: one {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} lists in its {@code weight_map} (tensor name to file name).
 */
public final class SafetensorsIndex {
  static final String SUFFIX = ".safetensors";
  static final String INDEX_SUFFIX = ".safetensors.index.json";

  private SafetensorsIndex() {}

  /**
   * Opens the headers of a model folder's weights, in the order of file names. Where both a single
   * file and an index are there, the single file counts, as in transformers.
   *
   * @throws LuthierException with every missing shard, missing tensor and broken file at once
   */
  public static List<SafetensorsFile> open(Path modelFolder) {
    return open(modelFolder, "model");
  }

  /**
   * As {@link #open(Path)}, for files of another name.
   *
   * @param stem {@code model}, or {@code adapter_model}
   */
  public static List<SafetensorsFile> open(Path folder, String stem) {
    Path single = folder.resolve(stem + SUFFIX);
    if (Files.exists(single)) {
      return List.of(SafetensorsFile.open(single));
    }
    Path index = folder.resolve(stem + INDEX_SUFFIX);
    if (!Files.exists(index)) {
      throw missing(folder, stem);
    }
    return shards(folder, index);
  }

  private static List<SafetensorsFile> shards(Path folder, Path index) {
    List<String> problems = new ArrayList<>();
    Map<String, List<String>> wanted = weightMap(index, problems);
    List<SafetensorsFile> out = new ArrayList<>();
    Map<String, String> homes = new LinkedHashMap<>();
    wanted.forEach(
        (shard, tensors) -> {
          if (!Files.exists(folder.resolve(shard))) {
            problems.add(shard + " is missing (" + tensors.size() + " tensors)");
            return;
          }
          try {
            SafetensorsFile file = SafetensorsFile.open(folder.resolve(shard));
            check(file, shard, tensors, homes, problems);
            out.add(file);
          } catch (LuthierException e) {
            problems.add(String.valueOf(e.getMessage()));
          }
        });
    if (!problems.isEmpty()) {
      throw Problems.of(
          index + " does not fit the files beside it",
          problems,
          "Copy or download the folder again. See docs/troubleshooting.md#broken-safetensors");
    }
    return List.copyOf(out);
  }

  private static void check(
      SafetensorsFile file,
      String shard,
      List<String> tensors,
      Map<String, String> homes,
      List<String> problems) {
    for (String tensor : tensors) {
      if (!file.tensors().containsKey(tensor)) {
        problems.add("tensor " + Problems.shortened(tensor) + " is not in " + shard);
      }
    }
    for (String tensor : file.tensors().keySet()) {
      String other = homes.putIfAbsent(tensor, shard);
      if (other != null) {
        problems.add(
            "tensor " + Problems.shortened(tensor) + " is in " + other + " and in " + shard);
      }
    }
  }

  /** Tensor names by shard. */
  private static Map<String, List<String>> weightMap(Path index, List<String> problems) {
    JsonNode map = Json.read(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new LuthierException(
          index + ": expected weight_map, an object of tensor names and file names");
    }
    Map<String, List<String>> out = new TreeMap<>();
    map.properties()
        .forEach(
            field -> {
              String shard = field.getValue().asText();
              if (!field.getValue().isTextual() || !plainName(shard)) {
                problems.add(
                    "tensor "
                        + Problems.shortened(field.getKey())
                        + ": expected the name of a .safetensors file in the folder, found "
                        + Problems.shortened(field.getValue().toString()));
              } else {
                out.computeIfAbsent(shard, s -> new ArrayList<>()).add(field.getKey());
              }
            });
    return out;
  }

  /** An index comes from anywhere; it must not make us read outside its folder. */
  private static boolean plainName(String name) {
    return name.endsWith(SUFFIX)
        && name.length() <= 255
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  private static LuthierException missing(Path folder, String stem) {
    if (!Files.isDirectory(folder)) {
      return new LuthierException(
          folder
              + (Files.exists(folder) ? " is a file" : " does not exist")
              + "; expected a folder with "
              + stem
              + SUFFIX);
    }
    List<String> names = names(folder);
    String pickled =
        names.stream()
            .filter(n -> n.startsWith("pytorch_model") || n.equals("adapter_model.bin"))
            .findFirst()
            .map(
                n ->
                    ". Its weights are in "
                        + n
                        + ", which is not supported yet: convert it to"
                        + " safetensors first")
            .orElse("");
    return new LuthierException(
        folder
            + ": expected "
            + stem
            + SUFFIX
            + " or "
            + stem
            + INDEX_SUFFIX
            + ", found "
            + listed(names)
            + pickled);
  }

  /** The first few names. */
  static String listed(List<String> names) {
    if (names.isEmpty()) {
      return "an empty folder";
    }
    String first = String.join(", ", names.subList(0, Math.min(12, names.size())));
    return names.size() > 12 ? first + " and " + (names.size() - 12) + " more" : first;
  }

  /** Names in a folder, sorted. */
  static List<String> names(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be read: " + Reason.of(e), e);
    }
  }
}
