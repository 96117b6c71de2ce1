package dev.luthier.data.privacy;

import com.google.i18n.phonenumbers.PhoneNumberMatch;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.Leniency;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberType;
import java.util.EnumSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * Telephone numbers that libphonenumber holds for valid. It is slow, so it sees only stretches with
 * as many digits as a number has.
 *
 * <p>Numbers with a country code (+44 ...) need no more. One written nationally must be grouped as
 * its country groups it, or, when its digits are unbroken or grouped otherwise, stand after a word
 * such as "phone"; after one such as "order" or "ISBN" it is none.
 */
final class Phones implements Detector {
  private static final int MIN_DIGITS = 7;

  /** Longer stretches are tables of figures. */
  private static final int MAX_DIGITS = 32;

  private static final int MAX_GROUPS = 12;

  /** More unbroken digits than that do not follow others of a telephone number. */
  private static final int MAX_GROUP = 12;

  private static final int MAX_GAP = 2;
  private static final int MAX_TRIES = 8;

  /** Room for "ext. 12345" behind a number. */
  private static final int EXTENSION = 14;

  private static final Pattern EXTENSION_SIGN = Pattern.compile("[ ,;]{0,2}+(?:[xX#]|(?i:ext))");

  private static final Pattern SPOKEN_FOR =
      Pattern.compile(
          "(?iu)\\b(?:tel|tele(?:ph|f)one?|t[eé]l[eé](?:phone|fono)|phone|mobile?|mob|cell(?:phone"
              + "|ular)?|fax|call|dial|ring|sms|text|whatsapp|contact|hotline|handy|m[oó]vil)\\b");

  private static final Pattern OTHER_NUMBER =
      Pattern.compile(
          "(?i)(?:\\b(?:isbn|issn|doi|pmid|order|invoice|tracking|ticket|serial|ref|reference|acct"
              + "|account|id|sku|part|model|item|case|version|article|product|patent|key|code)"
              + "[ -]?(?:no|nr|num|number|id|code)?|#)[\\s.:#=(-]{0,4}$");

  /** Dates with or without a time, spans of years, decimal fractions. */
  private static final Pattern OTHER_FORM =
      Pattern.compile(
          "\\d{4}[-/. ]\\d\\d?[-/. ]\\d\\d?(?:[ -]\\d{1,6})?"
              + "|\\d\\d?[-/. ]\\d\\d?[-/. ]\\d{4}(?:[ -]\\d{1,6})?"
              + "|(?:1\\d|20)\\d\\d[-–/ ](?:1\\d|20)\\d\\d"
              + "|\\d{1,6}\\.\\d+");

  private static final Set<PhoneNumberType> SERVICES =
      EnumSet.of(
          PhoneNumberType.TOLL_FREE,
          PhoneNumberType.PREMIUM_RATE,
          PhoneNumberType.SHARED_COST,
          PhoneNumberType.UAN,
          PhoneNumberType.VOICEMAIL);

  /**
   * The library warns of every country whose numbers are grouped in one way only. Held here, since
   * loggers that nobody holds lose their level.
   */
  private static final Logger LIBRARY =
      Logger.getLogger(
          "com.google.i18n.phonenumbers.metadata.init.ClassPathResourceMetadataLoader");

  static {
    LIBRARY.setLevel(Level.SEVERE);
  }

  private final PhoneNumberUtil util = PhoneNumberUtil.getInstance();
  private final String region;

  Phones(String region) {
    this.region = region;
  }

  @Override
  public void find(String text, Candidates found) {
    int i = 0;
    while (i < text.length()) {
      if (Surroundings.isDigit(text.charAt(i))) {
        i = stretch(text, i, found);
      } else {
        i++;
      }
    }
  }

  /** Reads digits with at most two signs between them, and returns where they end. */
  private int stretch(String text, int start, Candidates found) {
    int digits = 0;
    int groups = 1;
    int gap = 0;
    int end = start;
    for (int i = start; i < text.length() && gap <= MAX_GAP; i++) {
      char c = text.charAt(i);
      if (Surroundings.isDigit(c)) {
        if (gap > 0 && Surroundings.digitsEnd(text, i) - i > MAX_GROUP) {
          break;
        }
        groups += gap > 0 ? 1 : 0;
        digits++;
        gap = 0;
        end = i + 1;
      } else if (isSeparator(c) && !(digits >= MIN_DIGITS && (c == '(' || c == '+'))) {
        gap++;
      } else {
        break;
      }
    }
    if (digits >= MIN_DIGITS && digits <= MAX_DIGITS && groups <= MAX_GROUPS) {
      ask(text, leadStart(text, start), end, found);
    }
    return end;
  }

  private void ask(String text, int start, int end, Candidates found) {
    if (!Surroundings.isFreeBefore(text, start)
        || OTHER_FORM.matcher(text).region(start, end).matches()) {
      return;
    }
    boolean spokenFor = Surroundings.follows(text, start, SPOKEN_FOR);
    if (!spokenFor && Surroundings.follows(text, start, OTHER_NUMBER)) {
      return;
    }
    int from = Math.max(0, start - 1);
    int room = EXTENSION_SIGN.matcher(text).region(end, text.length()).lookingAt() ? EXTENSION : 1;
    String part = text.substring(from, Math.min(text.length(), end + room));
    boolean international = text.charAt(start) == '+' || text.startsWith("(+", start);
    Leniency leniency = international || spokenFor ? Leniency.VALID : Leniency.STRICT_GROUPING;
    for (PhoneNumberMatch m : util.findNumbers(part, region, leniency, MAX_TRIES)) {
      boolean grouped = !m.rawString().chars().allMatch(c -> Surroundings.isDigit((char) c));
      if (from + m.start() < end && (grouped || spokenFor)) {
        found.add(Kind.PHONE, from + m.start(), from + m.end(), isService(m));
      }
    }
  }

  /** Numbers free of charge, or dearer than a call: hotlines, no person's. */
  private boolean isService(PhoneNumberMatch m) {
    return SERVICES.contains(util.getNumberType(m.number()));
  }

  private static int leadStart(String text, int start) {
    int lead = start;
    while (lead > 0 && start - lead < 2 && "+(".indexOf(text.charAt(lead - 1)) >= 0) {
      lead--;
    }
    return lead;
  }

  private static boolean isSeparator(char c) {
    return " -.()/\u00a0\u2010\u2011\u2012\u2013".indexOf(c) >= 0;
  }
}
