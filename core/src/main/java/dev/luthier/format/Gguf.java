package dev.luthier.format;

import dev.luthier.LuthierException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model as llama.cpp stores it (GGUF versions 2 and 3, little endian): metadata with settings and
 * vocabulary, then tensors. Opening reads the head alone, and believes nothing of it before it is
 * checked against the file.
 *
 * @param path the file; the first where the model is split
 * @param version of the format
 * @param metadata its keys and values; of a split model the first file's
 * @param tensors by name, in the file's order
 */
public record Gguf(Path path, int version, GgufMetadata metadata, Map<String, GgufTensor> tensors) {
  /** How such files' names end. */
  public static final String SUFFIX = ".gguf";

  private static final Pattern SPLIT = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final String SPLIT_NUMBER = "split.no";
  private static final String SPLIT_COUNT = "split.count";
  private static final String SPLIT_TENSORS = "split.tensors.count";

  /** Makes the map unmodifiable, keeping its order. */
  public Gguf {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** The tensor of this name, if there is one. */
  public Optional<GgufTensor> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** All files that it lies in, sorted. */
  public SortedSet<Path> files() {
    SortedSet<Path> out = new TreeSet<>(Set.of(path));
    tensors.values().forEach(t -> out.add(t.path()));
    return out;
  }

  /** Whether a path's name is that of such a file. */
  public static boolean isNamed(Path path) {
    Path name = path.getFileName();
    return name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(SUFFIX);
  }

  /**
   * Reads and checks a file's head. Of a model in several files, {@code NAME-00001-of-00003.gguf},
   * any one may be named; all are read.
   *
   * @throws LuthierException naming the file, the key or tensor, and what is wrong
   */
  public static Gguf open(Path path) {
    Gguf file = GgufHeader.read(path);
    long count = file.metadata.integer(SPLIT_COUNT).orElse(1L);
    return count > 1 ? join(file, count) : file;
  }

  private static Gguf join(Gguf one, long count) {
    Matcher name = SPLIT.matcher(String.valueOf(one.path.getFileName()));
    if (!name.matches() || Long.parseLong(name.group(3)) != count) {
      throw new LuthierException(
          one.path
              + " is one of "
              + count
              + " files of a model; expected a name such as model-00001-of-"
              + String.format(Locale.ROOT, "%05d", count)
              + ".gguf, by which the others are found. Give the files back their names.");
    }
    Gguf first = part(one, name.group(1), 0, count);
    Map<String, GgufTensor> tensors = new LinkedHashMap<>(first.tensors);
    for (long i = 1; i < count; i++) {
      Gguf part = part(one, name.group(1), i, count);
      part.tensors.forEach(
          (n, t) -> {
            if (tensors.put(n, t) != null) {
              throw GgufHeader.broken(
                  part.path, "tensor '" + Problems.shortened(n) + "' is in an earlier file, too");
            }
          });
    }
    long all = first.metadata.integer(SPLIT_TENSORS).orElse((long) tensors.size());
    if (all != tensors.size()) {
      throw GgufHeader.broken(
          first.path, "the model has " + all + " tensors, its files " + tensors.size());
    }
    return new Gguf(first.path, first.version, first.metadata, tensors);
  }

  private static Gguf part(Gguf one, String prefix, long number, long count) {
    Path path =
        one.path.resolveSibling(
            String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, number + 1, count));
    if (!Files.exists(path)) {
      throw new LuthierException(
          one.path + " is one of " + count + " files of a model; " + path + " is missing");
    }
    Gguf part = path.equals(one.path) ? one : GgufHeader.read(path);
    long stored = part.metadata.integer(SPLIT_NUMBER).orElse(-1L);
    if (stored != number || part.metadata.integer(SPLIT_COUNT).orElse(-1L) != count) {
      throw GgufHeader.broken(
          path, "by its metadata it is not file " + (number + 1) + " of " + count);
    }
    return part;
  }
}
