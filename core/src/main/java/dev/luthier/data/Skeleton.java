package dev.luthier.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a template prints around the contents of a conversation whose roles are known.
 *
 * <p>A rendering that is these literals with the conversation's own contents between them, from its
 * first character to its last, says where each message stands. The contents may have lost white
 * space at their ends. No two places are possible: between two contents stands a literal that
 * prints, and at one position a content matches either whole or trimmed, never both ways.
 *
 * @param literals n + 1 texts: before the first content, between two, after the last
 * @param order message of each content, n of them
 * @param gaps for each message, how much white space before its content the assistant writes
 * @param alone for each message, the markers that follow it when it is the last
 */
record Skeleton(
    List<String> literals, List<Integer> order, List<Integer> gaps, List<List<String>> alone) {

  Skeleton {
    literals = List.copyOf(literals);
    order = List.copyOf(order);
    gaps = List.copyOf(gaps);
    alone = List.copyOf(alone);
  }

  /**
   * Where the messages stand, in the order of the text.
   *
   * @param contents of the messages
   * @return empty when the text is not these literals with these contents
   */
  Optional<List<TurnSpan>> match(String text, List<String> contents, EndMarkers markers) {
    if (!text.startsWith(literals.get(0))) {
      return Optional.empty();
    }
    List<TurnSpan> spans = new ArrayList<>(contents.size());
    int at = literals.get(0).length();
    for (int k = 0; k < order.size(); k++) {
      int message = order.get(k);
      String literal = literals.get(k + 1);
      boolean last = k + 1 == order.size();
      int end = endOf(contents.get(message), text, at, literal, last);
      if (end < 0) {
        return Optional.empty();
      }
      int closed = markers.closing(text, end, alone.get(message));
      spans.add(new TurnSpan(message, at - gaps.get(message), at, end, closed));
      at = end + literal.length();
    }
    return Optional.of(spans);
  }

  private static int endOf(String content, String text, int at, String literal, boolean last) {
    int end = at + content.length();
    if (text.startsWith(content, at) && follows(literal, text, end, last)) {
      return end;
    }
    for (String trimmed :
        List.of(content.strip(), content.stripTrailing(), content.stripLeading())) {
      end = at + trimmed.length();
      if (text.startsWith(trimmed, at) && follows(literal, text, end, last)) {
        return end;
      }
    }
    return -1;
  }

  private static boolean follows(String literal, String text, int at, boolean last) {
    return text.startsWith(literal, at) && (!last || at + literal.length() == text.length());
  }
}
