package dev.luthier.generate;

import java.util.List;

/**
 * Finds the first stop string in text that comes in pieces, and holds back what may be the
 * beginning of one.
 */
final class StopStrings {
  private final List<String> stops;
  private String held = "";
  private String found = "";

  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Text that surely stands before any stop string. */
  String next(String piece) {
    if (!found.isEmpty() || piece.isEmpty()) {
      return "";
    }
    String text = held + piece;
    int end = text.length();
    for (String stop : stops) {
      int at = text.indexOf(stop);
      if (at >= 0 && (found.isEmpty() || at < end)) {
        found = stop;
        end = at;
      }
    }
    if (found.isEmpty()) {
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

  /** The stop string that has come; empty if none has. */
  String found() {
    return found;
  }

  /** What was held back, once no more text comes. */
  String finish() {
    String rest = found.isEmpty() ? held : "";
    held = "";
    return rest;
  }
}
