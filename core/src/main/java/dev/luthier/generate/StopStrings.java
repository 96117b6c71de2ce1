package dev.luthier.generate;

import java.util.List;

/**
 * Finds the first stop string in text that comes in pieces, and holds back what may be the
 * beginning of one.
 */
final class StopStrings {
  private final List<String> stops;
  private String held = "";
  private boolean found;

  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Text that surely stands before any stop string. */
  String next(String piece) {
    if (found || piece.isEmpty()) {
      return "";
    }
    String text = held + piece;
    int end = text.length();
    for (String stop : stops) {
      int at = text.indexOf(stop);
      if (at >= 0) {
        found = true;
        end = Math.min(end, at);
      }
    }
    if (!found) {
      end -= stops.stream().mapToInt(stop -> begun(text, stop)).max().orElse(0);
    }
    held = text.substring(end);
    return text.substring(0, end);
  }

  /** How much of the stop string's beginning stands at the end of the text. */
  private static int begun(String text, String stop) {
    for (int n = Math.min(stop.length() - 1, text.length()); n > 0; n--) {
      if (text.endsWith(stop.substring(0, n))) {
        return n;
      }
    }
    return 0;
  }

  /** Whether a stop string has come. */
  boolean found() {
    return found;
  }

  /** What was held back, once no more text comes. */
  String finish() {
    String rest = found ? "" : held;
    held = "";
    return rest;
  }
}
