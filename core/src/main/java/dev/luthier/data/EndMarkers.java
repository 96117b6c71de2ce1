package dev.luthier.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognises what closes a turn: {@code <|im_end|>}, {@code <|eot_id|>}, {@code </s>} and their
 * kin. A marker is one of the tokenizer's special tokens, or anything written in angle brackets, so
 * that a template also works with a tokenizer that has no token of its own for the marker.
 */
final class EndMarkers {
  private static final Pattern ANGLE = Pattern.compile("<[^<>\\s]{1,64}>");
  private static final Pattern TELLING =
      Pattern.compile("</.*|.*(end|eot|eos|eom|stop|sep).*", Pattern.CASE_INSENSITIVE);
  private static final Pattern OPENING =
      Pattern.compile(
          "<s>|.*(start|begin|bos|user|system|chatbot).*|<\\|?(assistant|model|bot)\\|?>",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern BARRED = Pattern.compile("<[|｜].*[|｜]>");

  private final List<String> special;

  /**
   * @param special strings of the tokenizer's special tokens
   */
  EndMarkers(Collection<String> special) {
    this.special =
        special.stream()
            .filter(token -> !token.isBlank())
            .distinct()
            .sorted(Comparator.comparingInt((String token) -> -token.length()))
            .toList();
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
   * @param tail what the template prints after such a turn when nothing follows it; tells the
   *     marker that closes this turn from the one that opens the next
   * @return position after the closing markers, {@code contentEnd} when there are none
   */
  int closing(String text, int contentEnd, String tail) {
    List<String> here = runAt(text, contentEnd);
    List<String> alone = runAt(tail, 0);
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
        && (special.contains(marker) || BARRED.matcher(marker).matches());
  }

  /** Some templates print the next header unasked. */
  private static boolean opensByName(String marker) {
    return OPENING.matcher(marker).matches();
  }

  private String markerAt(String text, int at) {
    for (String token : special) {
      if (text.startsWith(token, at)) {
        return token;
      }
    }
    Matcher angle = ANGLE.matcher(text).region(at, text.length());
    return angle.lookingAt() ? angle.group() : "";
  }

  private static int skipSpace(String text, int from) {
    int at = from;
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }
}
