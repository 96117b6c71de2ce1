package dev.luthier.data.privacy;

import java.util.HashMap;
import java.util.Map;

/**
 * International bank account numbers (ISO 13616): the country's length, and a remainder of 1 by 97.
 * Capital letters; unbroken, or in groups of four with a space between.
 */
final class Ibans {
  /** Countries by the length of their numbers, SWIFT's registry of 2025. */
  private static final Map<String, Integer> LENGTHS = new HashMap<>();

  static {
    put(15, "NO");
    put(16, "BE");
    put(18, "DK FK FI FO GL NL SD");
    put(19, "MK SI");
    put(20, "AT BA EE KZ LT LU MN XK");
    put(21, "CH HR LI LV");
    put(22, "BG BH CR DE GB GE IE ME RS VA");
    put(23, "AE GI IL IQ OM SO TL");
    put(24, "AD CZ ES MD PK RO SA SE SK TN VG");
    put(25, "LY PT ST");
    put(26, "IS TR");
    put(27, "BI DJ FR GR IT MC MR SM");
    put(28, "AL AZ BY CY DO GT HN HU LB NI PL SV");
    put(29, "BR EG PS QA UA");
    put(30, "JO KW MU YE");
    put(31, "MT SC");
    put(32, "LC");
    put(33, "RU");
  }

  private Ibans() {}

  private static void put(int length, String countries) {
    for (String country : countries.split(" ", -1)) {
      LENGTHS.put(country, length);
    }
  }

  /** Adds the number whose country begins at a position, if one does. */
  static void at(String text, int start, Candidates found) {
    if (start + 4 > text.length()) {
      return;
    }
    int length = LENGTHS.getOrDefault(text.substring(start, start + 2), 0);
    StringBuilder number = new StringBuilder(length);
    int i = start;
    boolean grouped = start + 4 < text.length() && text.charAt(start + 4) == ' ';
    while (number.length() < length && i < text.length()) {
      boolean gap = grouped && number.length() > 0 && number.length() % 4 == 0;
      if (gap && text.charAt(i) == ' ' && text.charAt(i - 1) != ' ') {
        i++;
      } else if (Surroundings.isDigit(text.charAt(i)) || Surroundings.isUpper(text.charAt(i))) {
        number.append(text.charAt(i++));
      } else {
        return;
      }
    }
    if (length > 0
        && number.length() == length
        && Surroundings.isFreeAfter(text, i)
        && Checksums.mod97(number.substring(4) + number.substring(0, 4)) == 1) {
      found.add(Kind.IBAN, start, i);
    }
  }
}
