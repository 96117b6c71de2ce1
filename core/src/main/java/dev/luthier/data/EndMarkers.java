package dev.luthier.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Recognises what closes a turn: {@code <|im_end|>}, {@code <|eot_id|>}, {@code </s>} and their
 * kin. A marker is one of the tokenizer's special tokens, or anything written in angle brackets, so
 * that a template also works with a tokenizer that has no token of its own for the marker.
 */
final class EndMarkers {
  private static final Pattern TELLING =
      Pattern.compile("</.*|.*(end|eot|eos|eom|stop|sep).*", Pattern.CASE_INSENSITIVE);
  private static final Pattern OPENING =
      Pattern.compile(
          "<s>|.*(start|begin|bos|user|system|chatbot).*|<\\|?(assistant|model|bot)\\|?>",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern BARRED = Pattern.compile("<[|｜].*[|｜]>");

  /** By first character, since this is asked at every position after a turn; longest first. */
  private final Map<Character, List<String>> special;

  /** What is known of the markers that templates print: a few. */
  private final Map<String, Boolean> opening = new ConcurrentHashMap<>();

  /**
   * @param special strings of the tokenizer's special tokens
   */
  EndMarkers(Collection<String> special) {
    this.special =
        special.stream()
            .filter(token -> !token.isBlank())
            .distinct()
            .sorted(Comparator.comparingInt((String token) -> -token.length()))
            .collect(Collectors.groupingBy(token -> token.charAt(0)));
  }

  /** The markers that stand side by side at {@code from}, white space before them skipped. */
  List<String> runAt(String text, int from) {
    List<String> run = new ArrayList<>();
    int at = skipSpace(text, from);
    while (true) {
      String marker = markerAt(text, at);
      if (marker.isEmpty()) {
        return run;
      }
      run.add(marker);
      at += marker.length();
    }
  }

  /**
   * Where the turn whose content ends at {@code contentEnd} is closed.
   *
   * @param text the whole rendering
   * @param alone the markers that stand at the beginning of what the template prints after such a
   *     turn when nothing follows it; they tell what closes this turn from what opens the next
   * @return position after the closing markers, {@code contentEnd} when there are none
   */
  int closing(String text, int contentEnd, List<String> alone) {
    List<String> here = runAt(text, contentEnd);
    int end = skipSpace(text, contentEnd);
    int common = 0;
    while (common < Math.min(here.size(), alone.size())
        && here.get(common).equals(alone.get(common))
        && !opensByName(here.get(common))) {
      end += here.get(common).length();
      common++;
    }
    if (common > 0) {
      return end;
    }
    boolean telling = alone.isEmpty() && !here.isEmpty() && closesByName(here.get(0));
    return telling ? end + here.get(0).length() : contentEnd;
  }

  /** Some templates leave the last turn open, so that only the name can tell. */
  private boolean closesByName(String marker) {
    return TELLING.matcher(marker).matches()
        && (specialAt(marker, 0).equals(marker) || BARRED.matcher(marker).matches());
  }

  /** Some templates print the next header unasked. */
  private boolean opensByName(String marker) {
    return opening.computeIfAbsent(marker, name -> OPENING.matcher(name).matches());
  }

  private String markerAt(String text, int at) {
    String token = specialAt(text, at);
    if (!token.isEmpty() || at >= text.length() || text.charAt(at) != '<') {
      return token;
    }
    return inBrackets(text, at);
  }

  /** {@code <...>} with 1 to 64 characters inside, none of them a bracket or white space. */
  private static String inBrackets(String text, int at) {
    int most = Math.min(text.length(), at + 66);
    for (int i = at + 1; i < most; i++) {
      char c = text.charAt(i);
      if (c == '>') {
        return i > at + 1 ? text.substring(at, i + 1) : "";
      }
      if (c == '<' || c == ' ' || (c >= '\t' && c <= '\r')) {
        return "";
      }
    }
    return "";
  }

  private String specialAt(String text, int at) {
    if (at < text.length()) {
      for (String token : special.getOrDefault(text.charAt(at), List.of())) {
        if (text.startsWith(token, at)) {
          return token;
        }
      }
    }
    return "";
  }

  private static int skipSpace(String text, int from) {
    int at = from;
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }
}
