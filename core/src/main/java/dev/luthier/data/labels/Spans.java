package dev.luthier.data.labels;

import dev.luthier.data.RowRefused;
import dev.luthier.data.source.ValueText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Places of a text with a label, {@code {"start": 0, "end": 4, "label": "PER"}}, as labels of its
 * words: B- of the first, I- of others, O outside (Ramshaw and Marcus, cmp-lg/9505040).
 */
final class Spans {
  private static final String OUTSIDE = "O";

  private Spans() {}

  static List<String> tags(Words words, @Nullable Object spans) {
    List<String> out = new ArrayList<>(Collections.nCopies(words.words().size(), OUTSIDE));
    if (!(spans instanceof List<?> items)) {
      throw new RowRefused("spans: expected a list, found " + ValueText.of(spans));
    }
    for (Object item : items) {
      mark(words, item, out);
    }
    return out;
  }

  private static void mark(Words words, @Nullable Object span, List<String> tags) {
    if (!(span instanceof Map<?, ?> map)
        || !(map.get("start") instanceof Number start)
        || !(map.get("end") instanceof Number end)
        || !(map.get("label") instanceof String label)
        || label.isBlank()) {
      throw new RowRefused("spans: expected {start, end, label} each, found " + ValueText.of(span));
    }
    boolean first = true;
    for (int i = 0; i < tags.size(); i++) {
      Words.Place word = words.words().get(i);
      if (word.start() < end.intValue() && start.intValue() < word.end()) {
        if (!tags.get(i).equals(OUTSIDE)) {
          throw new RowRefused(
              "spans: two of them hold the word '" + words.part(i, i) + "', which can have one");
        }
        tags.set(i, (first ? "B-" : "I-") + label);
        first = false;
      }
    }
    if (first) {
      throw new RowRefused("spans: no word stands in " + ValueText.of(span));
    }
  }
}
