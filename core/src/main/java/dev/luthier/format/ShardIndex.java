package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The {@code weight_map} of an index file: tensor name to file name. */
final class ShardIndex {
  private ShardIndex() {}

  /**
   * Opens the shards that an index lists, in the order of file names.
   *
   * @param suffix of their names
   * @param opener reads a shard's header
   * @throws LuthierException with every missing shard, missing tensor and broken file at once
   */
  static <F extends WeightFile> List<F> open(
      Path folder, Path index, String suffix, Function<Path, F> opener) {
    List<String> problems = new ArrayList<>();
    Map<String, List<String>> wanted = weightMap(index, suffix, problems);
    List<F> out = new ArrayList<>();
    Map<String, String> homes = new LinkedHashMap<>();
    wanted.forEach(
        (shard, tensors) -> {
          if (!Files.exists(folder.resolve(shard))) {
            problems.add(shard + " is missing (" + tensors.size() + " tensors)");
            return;
          }
          try {
            F file = opener.apply(folder.resolve(shard));
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
      WeightFile file,
      String shard,
      List<String> tensors,
      Map<String, String> homes,
      List<String> problems) {
    for (String tensor : tensors) {
      if (!file.tensors().containsKey(tensor) && !file.aliases().containsKey(tensor)) {
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
  private static Map<String, List<String>> weightMap(
      Path index, String suffix, List<String> problems) {
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
              if (!field.getValue().isTextual() || !plainName(shard, suffix)) {
                problems.add(
                    "tensor "
                        + Problems.shortened(field.getKey())
                        + ": expected the name of a "
                        + suffix
                        + " file in the folder, found "
                        + Problems.shortened(field.getValue().toString()));
              } else {
                out.computeIfAbsent(shard, s -> new ArrayList<>()).add(field.getKey());
              }
            });
    return out;
  }

  /** An index comes from anywhere; it must not make us read outside its folder. */
  private static boolean plainName(String name, String suffix) {
    return name.endsWith(suffix)
        && name.length() <= 255
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }
}
