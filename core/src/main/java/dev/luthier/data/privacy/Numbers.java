package dev.luthier.data.privacy;

/**
 * Cards, bank accounts, internet addresses and national ids: all begin at a number or just before.
 */
final class Numbers implements Detector {
  /** What every form that begins with a digit has in its first characters, addresses aside. */
  private static final int MIN_DIGITS = 8;

  private static final int WITHIN = 14;

  /** An Italian tax code has six letters before its first digit, or more where it was changed. */
  private static final int MAX_LETTERS = 9;

  @Override
  public void find(String text, Candidates found) {
    int i = 0;
    while (i < text.length()) {
      if (!Surroundings.isDigit(text.charAt(i))) {
        i++;
        continue;
      }
      int end = Surroundings.digitsEnd(text, i);
      addresses(text, i, end, found);
      if (hasEnoughDigits(text, i)) {
        Cards.at(text, i, found);
        NationalIds.digitsAt(text, i, found);
      }
      lettersBefore(text, i, found);
      i = end;
    }
  }

  private static void addresses(String text, int start, int end, Candidates found) {
    if (end - start <= 3 && text.startsWith(".", end)) {
      IpAddresses.v4(text, start, found);
    }
    char c = text.charAt(start);
    if ((c == '2' || c == '3') && text.startsWith(":", start + 4)) {
      IpAddresses.v6(text, start, found);
    }
  }

  private static boolean hasEnoughDigits(String text, int start) {
    int digits = 0;
    int end = Math.min(text.length(), start + WITHIN);
    for (int i = start; i < end; i++) {
      digits += Surroundings.isDigit(text.charAt(i)) ? 1 : 0;
    }
    return digits >= MIN_DIGITS;
  }

  /** Tries the forms that begin with capital letters, with nothing, a space or a hyphen between. */
  private static void lettersBefore(String text, int digit, Candidates found) {
    int end = digit > 0 && " -".indexOf(text.charAt(digit - 1)) >= 0 ? digit - 1 : digit;
    int start = end;
    while (start > 0
        && end - start <= MAX_LETTERS
        && Surroundings.isUpper(text.charAt(start - 1))) {
      start--;
    }
    if (start < end && Surroundings.isFreeBefore(text, start)) {
      Ibans.at(text, start, found);
      NationalIds.lettersAt(text, start, found);
    }
  }
}
