package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What encodings, scrapers and editors did to a text: UTF-8 read as windows-1252, replacement
 * characters, control characters, invisible ones, and mark-up left in prose.
 */
public final class Damage {
  /** ANSI escape sequences (ECMA-48), one match each, and other control characters. */
  private static final Pattern CONTROL =
      Pattern.compile("\u001b\\[[0-9;?]*[A-Za-z]|[\u0000-\b\u000b\f\u000e-\u001f\u007f-\u009f]");

  private static final Pattern ENTITY =
      Pattern.compile(
          "&(amp|nbsp|lt|gt|quot|apos|rsquo|lsquo|rdquo|ldquo|ndash|mdash|hellip|#\\d{2,5}"
              + "|#x[0-9a-fA-F]{2,4});");

  private static final Pattern TAG =
      Pattern.compile(
          "</?(p|br|div|span|b|i|em|strong|a|ul|ol|li|td|tr|table|font|h[1-6]|sup|sub|img|hr)"
              + "(\\s[^<>]{0,300})?/?>",
          Pattern.CASE_INSENSITIVE);

  private Damage() {}

  /** What happened to a text. */
  public enum Kind {
    /** UTF-8 read as windows-1252: {@code Ã©} for é. */
    MOJIBAKE,
    /** U+FFFD, which stands where bytes could not be decoded, or half of a surrogate pair. */
    REPLACEMENT,
    /** A control character other than tab and line ends, or an ANSI escape sequence. */
    CONTROL,
    /**
     * A byte order mark, a zero-width or directional character where the script has no use of it.
     */
    INVISIBLE,
    /** An HTML entity or tag in prose. */
    MARKUP;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One damaged place.
   *
   * @param start index of its first char
   * @param end index after its last char
   * @param repairable whether {@link #repair} mends it
   */
  public record Spot(Kind kind, int start, int end, boolean repairable) {}

  /** Returns the damaged places in the order of the text; none overlap. */
  public static List<Spot> spots(String text) {
    List<Spot> found = new ArrayList<>();
    for (Mojibake.Run run : Mojibake.runs(text)) {
      found.add(new Spot(Kind.MOJIBAKE, run.start(), run.end(), !run.decoded().isEmpty()));
    }
    Matcher control = CONTROL.matcher(text);
    while (control.find()) {
      found.add(new Spot(Kind.CONTROL, control.start(), control.end(), true));
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\ufffd' || isHalfPair(text, i)) {
        found.add(new Spot(Kind.REPLACEMENT, i, i + 1, false));
      } else if (Invisible.isStray(text, i)) {
        found.add(new Spot(Kind.INVISIBLE, i, i + Character.charCount(text.codePointAt(i)), true));
      }
    }
    if (text.indexOf('&') >= 0 || text.indexOf('<') >= 0) {
      CodeParts code = CodeParts.of(text);
      if (!code.isMarkup()) {
        for (Pattern pattern : List.of(ENTITY, TAG)) {
          Matcher markup = pattern.matcher(text);
          while (markup.find()) {
            if (!code.covers(markup.start())) {
              found.add(new Spot(Kind.MARKUP, markup.start(), markup.end(), false));
            }
          }
        }
      }
    }
    return apart(found);
  }

  /**
   * Mends what can be mended without guessing: mojibake is decoded, also where it was encoded
   * twice; control and stray invisible characters go; a control character between U+0080 and U+009F
   * that windows-1252 has a sign for becomes that sign. A text without such damage is returned as
   * it is, and a second repair changes nothing.
   */
  public static String repair(String text) {
    String before = text;
    while (true) {
      String after = repairOnce(before);
      if (after.equals(before)) {
        return after;
      }
      before = after;
    }
  }

  private static String repairOnce(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int done = 0;
    for (Spot spot : spots(text)) {
      if (spot.repairable()) {
        out.append(text, done, spot.start());
        done = spot.end();
        out.append(mended(text.substring(spot.start(), spot.end()), spot.kind()));
      }
    }
    return done == 0 ? text : out.append(text, done, text.length()).toString();
  }

  private static String mended(String damaged, Kind kind) {
    if (kind == Kind.MOJIBAKE) {
      return Mojibake.decode(damaged);
    }
    return kind == Kind.CONTROL && damaged.length() == 1 ? Mojibake.sign(damaged.charAt(0)) : "";
  }

  /** Returns the spots in order without overlaps; what can be mended wins over mark-up. */
  private static List<Spot> apart(List<Spot> found) {
    found.sort(Comparator.comparingInt(Spot::start));
    List<Spot> apart = new ArrayList<>();
    for (Spot spot : found) {
      int last = apart.size() - 1;
      if (last < 0 || spot.start() >= apart.get(last).end()) {
        apart.add(spot);
      } else if (apart.get(last).kind() == Kind.MARKUP) {
        apart.set(last, spot);
      }
    }
    return apart;
  }

  private static boolean isHalfPair(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
