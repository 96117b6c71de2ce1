package dev.luthier.data.privacy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Private keys in PEM blocks (RFC 7468), also those that are cut off. */
final class PrivateKeys implements Detector {
  private static final String DASHES = "-----";
  private static final Pattern BEGIN =
      Pattern.compile("-----BEGIN (?:[A-Z0-9]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----");
  private static final Pattern END =
      Pattern.compile("-----END (?:[A-Z0-9]{1,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----");

  /** A line of the key, after the line ends of a text or of a string literal. */
  private static final Pattern LINE =
      Pattern.compile("(?:\\s|\\\\[nr]){0,8}+([A-Za-z0-9+/=]{16,}+)");

  @Override
  public void find(String text, Candidates found) {
    for (int i = text.indexOf(DASHES + "BEGIN "); i >= 0; i = text.indexOf(DASHES + "BEGIN ", i)) {
      Matcher begin = BEGIN.matcher(text).region(i, text.length());
      int end = begin.lookingAt() ? keyEnd(text, begin.end()) : i;
      if (end > i) {
        found.add(Kind.SECRET, i, end);
      }
      i = Math.max(end, i + DASHES.length());
    }
  }

  /** Returns where the block ends; 0 when what follows its first line is no key. */
  private static int keyEnd(String text, int start) {
    int dashes = text.indexOf(DASHES, start);
    Matcher end = END.matcher(text).region(Math.max(dashes, 0), text.length());
    if (dashes >= 0 && end.lookingAt()) {
      Matcher line = LINE.matcher(text).region(start, dashes);
      return line.find() ? end.end() : 0;
    }
    Matcher line = LINE.matcher(text).region(start, dashes < 0 ? text.length() : dashes);
    int last = 0;
    while (line.lookingAt()) {
      last = line.end();
      line.region(last, line.regionEnd());
    }
    return last;
  }
}
