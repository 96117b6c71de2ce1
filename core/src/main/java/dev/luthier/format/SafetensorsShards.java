package dev.luthier.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Writes a model's weights as {@code model.safetensors} if they fit one shard, else as {@code
 * model-00001-of-0000N.safetensors} with {@code model.safetensors.index.json}.
 */
public final class SafetensorsShards {
  /** What huggingface_hub fills a shard with before it begins the next: 5 GB. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private static final Pattern SHARD = Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");

  private SafetensorsShards() {}

  /**
   * Writes the files, each whole or not at all, the index last. Weights that stood in the folder
   * before and are not overwritten are removed at the end, for a reader would mix them up. To
   * change the folder as a whole, write into the folder of {@link AtomicFile#writeFolder}.
   *
   * @param entries in the order in which they fill the shards; a tensor larger than a shard gets
   *     one of its own
   * @return the files written
   */
  public static List<Path> write(
      Path folder,
      List<SafetensorsWriter.Entry> entries,
      Map<String, String> metadata,
      long maxShardBytes) {
    List<List<SafetensorsWriter.Entry>> shards = split(entries, maxShardBytes);
    List<Path> written = new ArrayList<>();
    if (shards.size() <= 1) {
      Path file = folder.resolve("model" + SafetensorsIndex.SUFFIX);
      SafetensorsWriter.write(file, entries, metadata);
      written.add(file);
    } else {
      Map<String, String> weightMap = new TreeMap<>();
      for (int i = 0; i < shards.size(); i++) {
        String name =
            String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
        SafetensorsWriter.write(folder.resolve(name), shards.get(i), metadata);
        shards.get(i).forEach(e -> weightMap.put(e.name(), name));
        written.add(folder.resolve(name));
      }
      written.add(writeIndex(folder, weightMap, entries));
    }
    removeOthers(folder, written);
    return List.copyOf(written);
  }

  private static List<List<SafetensorsWriter.Entry>> split(
      List<SafetensorsWriter.Entry> entries, long maxShardBytes) {
    if (maxShardBytes <= 0) {
      throw new IllegalArgumentException("maxShardBytes is " + maxShardBytes);
    }
    List<List<SafetensorsWriter.Entry>> out = new ArrayList<>();
    long room = 0;
    for (SafetensorsWriter.Entry entry : entries) {
      if (out.isEmpty() || entry.length() > room) {
        out.add(new ArrayList<>());
        room = maxShardBytes;
      }
      out.get(out.size() - 1).add(entry);
      room -= entry.length();
    }
    return out;
  }

  private static Path writeIndex(
      Path folder, Map<String, String> weightMap, List<SafetensorsWriter.Entry> entries) {
    ObjectNode index = Json.object();
    long total = entries.stream().mapToLong(SafetensorsWriter.Entry::length).sum();
    index.putObject("metadata").put("total_size", total);
    weightMap.forEach(index.putObject("weight_map")::put);
    Path file = folder.resolve("model" + SafetensorsIndex.INDEX_SUFFIX);
    Json.write(file, index);
    return file;
  }

  private static void removeOthers(Path folder, List<Path> written) {
    for (String name : SafetensorsIndex.names(folder)) {
      Path file = folder.resolve(name);
      boolean weights =
          SHARD.matcher(name).matches()
              || name.equals("model" + SafetensorsIndex.SUFFIX)
              || name.equals("model" + SafetensorsIndex.INDEX_SUFFIX);
      if (weights && !written.contains(file)) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException e) {
          throw new LuthierException(
              file + " is of an earlier save and cannot be deleted: " + Reason.of(e), e);
        }
      }
    }
  }
}
