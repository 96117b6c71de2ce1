package dev.luthier.data.prepared;

import dev.luthier.UsageException;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Names and sizes of a split's files. */
final class SplitFiles {
  static final String TOKENS = ".tokens";
  static final String LABELS = ".labels";
  static final String DOCUMENTS = ".documents";
  static final String ROWS = ".rows";
  static final String JSONL = ".jsonl";
  static final String PACKS = ".packs";

  /** Bytes of a record of {@code .documents} and of {@code .rows}. */
  static final int RECORD = 24;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");

  private SplitFiles() {}

  /**
   * @throws UsageException not a name that every file system takes
   */
  static void checkName(String split) {
    if (!NAME.matcher(split).matches()) {
      throw new UsageException(
          "'" + split + "' cannot be a split's name: use up to 64 letters, digits, - and _");
    }
  }

  /** How many bytes each file must have; of {@code .jsonl} the counts do not tell. */
  static Map<String, Long> sizes(String name, Manifest.Split split, boolean packing) {
    Map<String, Long> out = new TreeMap<>();
    out.put(name + TOKENS, 4 * split.tokens());
    out.put(name + LABELS, (split.tokens() + 7) / 8);
    out.put(name + DOCUMENTS, (long) RECORD * split.documents());
    out.put(name + ROWS, (long) RECORD * split.rows());
    if (packing) {
      out.put(name + PACKS, 4 * (1L + split.sequences() + split.documents()));
    }
    return out;
  }
}
