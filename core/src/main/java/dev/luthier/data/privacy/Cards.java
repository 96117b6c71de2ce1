package dev.luthier.data.privacy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Payment cards: 13 to 19 digits, unbroken or grouped as on the card, with an issuer's prefix and
 * length and a right check digit. Thirteen or fourteen unbroken digits, which trade item numbers
 * have too, need a word such as "card" before them.
 */
final class Cards {
  private static final Pattern UNBROKEN = Pattern.compile("\\d{13,19}+");
  private static final Pattern GROUPED =
      Pattern.compile("\\d{4}([ -])(?:\\d{4}\\1\\d{4}\\1\\d{4}|\\d{6}\\1\\d{4,5})(\\1\\d{3})?");

  private static final Pattern SPOKEN_FOR =
      Pattern.compile("(?i)\\b(?:cards?|visa|mastercard|amex|diners|debit|credit|payment|pan)\\b");

  /** Issuers' prefixes, each with the lengths its cards have. */
  private static final Pattern ISSUED =
      Pattern.compile(
          "4(?:\\d{12}|\\d{15}|\\d{18})" // Visa
              + "|(?=\\d{16}$)(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\\d*" // Mastercard
              + "|3[47]\\d{13}" // American Express
              + "|(?=\\d{14,19}$)3(?:0[0-5]|095|[689])\\d*" // Diners Club
              + "|(?=\\d{16,19}$)35(?:2[89]|[3-8])\\d*" // JCB
              + "|(?=\\d{16,19}$)(?:6011|64[4-9]|65|62)\\d*" // Discover, UnionPay
              + "|(?=\\d{16,19}$)220[0-4]\\d*" // Mir
              + "|(?:5018|5020|5038|5893|6304|6759|676[1-3])\\d*"); // Maestro

  private Cards() {}

  /** Adds the card that begins at a position, if one does. */
  static void at(String text, int start, Candidates found) {
    Matcher unbroken = UNBROKEN.matcher(text).region(start, text.length());
    if (unbroken.lookingAt()) {
      if (unbroken.end() - start > 14 || Surroundings.follows(text, start, SPOKEN_FOR)) {
        addIfCard(text, start, unbroken.end(), found);
      }
      return;
    }
    Matcher grouped = GROUPED.matcher(text).region(start, text.length());
    if (grouped.lookingAt() && !addIfCard(text, start, grouped.end(), found)) {
      if (grouped.group(2) != null) {
        addIfCard(text, start, grouped.start(2), found);
      }
    }
  }

  private static boolean addIfCard(String text, int start, int end, Candidates found) {
    String digits = text.substring(start, end).replaceAll("\\D", "");
    boolean card =
        Surroundings.isFree(text, start, end)
            && ISSUED.matcher(digits).matches()
            && Checksums.luhn(digits);
    if (card) {
      found.add(Kind.CARD, start, end);
    }
    return card;
  }
}
