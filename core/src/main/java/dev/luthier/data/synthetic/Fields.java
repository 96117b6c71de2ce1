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
 * record has already, so that an output with a line "Input: 3" stays whole. Where the first record
 * is numbered, a line begins another only if it is numbered too.
 */
final class Fields {
  /**
   * What stands between a value and the next record: rules, headings such as "### Task 2", a number
   * without its label.
   */
  private static final Pattern BETWEEN =
      Pattern.compile(
          "(?i)(?:\\n[ \\t]*(?:#{2,}|-{3,}|\\*{3,}|\\d+[.)]"
              + "|[#*_ \\t]*(?:task|example|pair)[ \\t#]*\\d+[.:)*_]*)?[ \\t]*(?=\\n|\\z))++\\z");

  private final List<String> labels;
  private final Pattern marker;

  /**
   * @param labels in their order
   */
  Fields(String... labels) {
    this.labels = List.of(labels);
    this.marker =
        Pattern.compile(
            "(?mi)^[ \\t>#*_-]*(\\d+[ \\t]*[.):][ \\t]*)?[*_]*("
                + String.join("|", labels)
                + ")([ \\t]*\\d+)?[*_]*[ \\t]*:[*_]*");
  }

  /** The records of an answer, each with the fields that it has, by label. */
  List<Map<String, String>> read(String answer) {
    List<Map<String, String>> records = new ArrayList<>();
    Matcher at = marker.matcher(answer);
    int open = -1;
    int start = 0;
    boolean numbered = false;
    while (at.find()) {
      int label = indexOf(at.group(2));
      boolean hasNumber = at.group(1) != null || at.group(3) != null;
      boolean begins = label == 0 && (hasNumber || !numbered);
      if (begins || (open >= 0 && label > open)) {
        close(records, open, answer.substring(start, at.start()));
        if (begins) {
          numbered = records.isEmpty() ? hasNumber : numbered;
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
      String text = BETWEEN.matcher("\n" + value).replaceFirst("");
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
