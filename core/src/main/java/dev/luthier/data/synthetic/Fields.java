package dev.luthier.data.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads answers of labelled fields, as models write them: numbered or not, in bold or not, parted
 * by rules or not.
 *
 * <pre>{@code
 * ###
 * 9. Instruction: Name a prime.
 * 9. Input: <noinput>
 * 9. Output: 7
 * }</pre>
 *
 * <p>The first label begins a record. Another counts only where it comes after those that the
 * record has already, so that an output with a line "Input: 3" stays whole.
 */
final class Fields {
  private static final Pattern RULE = Pattern.compile("(?m)^[ \\t]*(#{2,}|-{3,}|\\*{3,})[ \\t]*$");

  /** What a model leaves of the next record before it stops. */
  private static final Pattern REST = Pattern.compile("\\n[ \\t]*\\d+[.)]?[ \\t]*\\z");

  private final List<String> labels;
  private final Pattern marker;

  /**
   * @param labels in their order
   */
  Fields(String... labels) {
    this.labels = List.of(labels);
    this.marker =
        Pattern.compile(
            "(?mi)^[ \\t>#*_-]*(?:\\d+[ \\t]*[.):][ \\t]*)?[*_]*("
                + String.join("|", labels)
                + ")(?:[ \\t]*\\d+)?[*_]*[ \\t]*:[*_]*");
  }

  /** The records of an answer, each with the fields that it has, by label. */
  List<Map<String, String>> read(String answer) {
    List<Map<String, String>> records = new ArrayList<>();
    Matcher at = marker.matcher(answer);
    int open = -1;
    int start = 0;
    while (at.find()) {
      int label = indexOf(at.group(1));
      if (label == 0 || (open >= 0 && label > open)) {
        close(records, open, answer.substring(start, at.start()));
        if (label == 0) {
          records.add(new TreeMap<>());
        }
        open = label;
        start = at.end();
      }
    }
    close(records, open, answer.substring(start));
    return records;
  }

  private void close(List<Map<String, String>> records, int open, String value) {
    if (open >= 0) {
      String text = REST.matcher(RULE.matcher(value).replaceAll("").stripTrailing()).replaceAll("");
      records.get(records.size() - 1).put(labels.get(open), text.strip());
    }
  }

  private int indexOf(String found) {
    for (int i = 0; i < labels.size(); i++) {
      if (labels.get(i).toLowerCase(Locale.ROOT).equals(found.toLowerCase(Locale.ROOT))) {
        return i;
      }
    }
    throw new IllegalStateException(found);
  }
}
