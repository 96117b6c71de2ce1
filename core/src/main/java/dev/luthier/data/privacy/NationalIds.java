package dev.luthier.data.privacy;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers by which states know persons. A scheme whose check lets more than one in a hundred random
 * numbers of its form pass needs a word before the number that names it, or punctuation that other
 * numbers do not have.
 */
final class NationalIds {
  private static final String DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";

  /** What a character counts at an odd place of a codice fiscale: 0-9 as A-J, then K-Z. */
  private static final int[] CF_ODD = {
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23
  };

  private static final Set<String> NO_NINO = Set.of("BG", "GB", "KN", "NK", "NT", "TN", "ZZ");
  private static final Set<String> PUBLISHED_SSN = Set.of("078051120", "219099999");

  /**
   * @param form what it looks like
   * @param check whether its letters and digits, in capitals and without punctuation, are right
   * @param words of which one must stand before it
   */
  private record Scheme(Pattern form, Predicate<String> check, Optional<Pattern> words) {
    Scheme(String form, Predicate<String> check) {
      this(Pattern.compile(form), check, Optional.empty());
    }

    Scheme(String form, Predicate<String> check, String words) {
      this(
          Pattern.compile(form),
          check,
          Optional.of(Pattern.compile("(?iu)(?<![\\p{L}])(?:" + words + ")(?![\\p{L}])")));
    }

    void at(String text, int start, Candidates found) {
      Matcher m = form.matcher(text).region(start, text.length());
      if (m.lookingAt()
          && Surroundings.isFree(text, start, m.end())
          && !Surroundings.isInRow(text, start, m.end())
          && check.test(m.group().replaceAll("[^0-9A-Za-z]", "").toUpperCase(Locale.ROOT))
          && words.map(w -> Surroundings.follows(text, start, w)).orElse(true)) {
        found.add(Kind.NATIONAL_ID, start, m.end());
      }
    }
  }

  private static final List<Scheme> OF_DIGITS =
      List.of(
          new Scheme("\\d{3}-\\d{2}-\\d{4}", NationalIds::isSsn),
          new Scheme(
              "\\d{3} ?\\d{2} ?\\d{4}",
              NationalIds::isSsn, "ssns?|social security|soc\\.? sec\\.?"),
          new Scheme("\\d{11}|\\d{2} \\d{3} \\d{3} \\d{3}", NationalIds::isSteuerId),
          new Scheme(
              "[1-478] ?\\d{2} ?\\d{2} ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}",
              NationalIds::isNir),
          new Scheme("\\d{8}-?[A-Z]", NationalIds::isDni),
          new Scheme("\\d{9}", NationalIds::isBsn, "bsn|burgerservicenummer|sofi-?nummer"),
          new Scheme("\\d{11}", NationalIds::isPesel),
          new Scheme("\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}|\\d{11}", NationalIds::isCpf),
          new Scheme(
              "[2-9]\\d{3}([ -]?)\\d{4}\\1\\d{4}", Checksums::verhoeff, "aadh?aa?r|uidai|uid|आधार"),
          new Scheme("\\d{17}[0-9Xx]", NationalIds::isResidentId));

  private static final List<Scheme> OF_LETTERS =
      List.of(
          new Scheme("[A-Z]{2} \\d{2} \\d{2} \\d{2} [A-D]", NationalIds::isNino),
          new Scheme(
              "[A-Z]{2} ?\\d{6} ?[A-D]",
              NationalIds::isNino, "national insurance|nino|ni (?:no|nr|number)"),
          new Scheme("[XYZ]-?\\d{7}-?[A-Z]", NationalIds::isDni),
          new Scheme(
              "[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
              NationalIds::isCodiceFiscale));

  private NationalIds() {}

  /** Adds the ids whose first digit stands at a position. */
  static void digitsAt(String text, int start, Candidates found) {
    OF_DIGITS.forEach(scheme -> scheme.at(text, start, found));
  }

  /** Adds the ids whose first letter stands at a position. */
  static void lettersAt(String text, int start, Candidates found) {
    OF_LETTERS.forEach(scheme -> scheme.at(text, start, found));
  }

  /** United States: areas, groups and serials that were never given out. */
  private static boolean isSsn(String id) {
    String area = id.substring(0, 3);
    return !area.equals("000")
        && !area.equals("666")
        && area.charAt(0) != '9'
        && !id.startsWith("00", 3)
        && !id.endsWith("0000")
        && !PUBLISHED_SSN.contains(id);
  }

  /** Germany: exactly one of the first ten digits comes again, twice or thrice in all. */
  private static boolean isSteuerId(String id) {
    long distinct = id.substring(0, 10).chars().distinct().count();
    int most = 0;
    for (char d = '0'; d <= '9'; d++) {
      char wanted = d;
      most = Math.max(most, (int) id.substring(0, 10).chars().filter(c -> c == wanted).count());
    }
    return id.charAt(0) != '0'
        && (distinct == 9 && most == 2 || distinct == 8 && most == 3)
        && Checksums.iso7064Mod11And10(id);
  }

  /** France: sex, year, month, department (2A and 2B count as 19 and 18), key. */
  private static boolean isNir(String id) {
    String digits = id.replace("2A", "19").replace("2B", "18");
    int month = Integer.parseInt(digits.substring(3, 5));
    boolean known = month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50;
    int key = Integer.parseInt(digits.substring(13));
    return known && key == 97 - Checksums.mod(digits.substring(0, 13), 97);
  }

  /** Spain, DNI and NIE: X, Y and Z stand for 0, 1 and 2. */
  private static boolean isDni(String id) {
    String digits = id.substring(0, 8).replace('X', '0').replace('Y', '1').replace('Z', '2');
    return DNI_LETTERS.charAt(Integer.parseInt(digits) % 23) == id.charAt(8);
  }

  /** Netherlands: the eleven test. */
  private static boolean isBsn(String id) {
    return Checksums.weighted(id, 9, 8, 7, 6, 5, 4, 3, 2, -1) % 11 == 0 && !id.matches("0+");
  }

  /** Poland, births of 1900 to 2099; those of the latter century have 20 added to the month. */
  private static boolean isPesel(String id) {
    int month = Integer.parseInt(id.substring(2, 4));
    int year = (month > 20 ? 2000 : 1900) + Integer.parseInt(id.substring(0, 2));
    int sum = Checksums.weighted(id, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1);
    return sum % 10 == 0
        && isDate(year, month > 20 ? month - 20 : month, Integer.parseInt(id.substring(4, 6)));
  }

  /** Brazil: two check digits. */
  private static boolean isCpf(String id) {
    int first = Checksums.weighted(id, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
    int second = Checksums.weighted(id, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
    return first == Checksums.digit(id, 9)
        && second == Checksums.digit(id, 10)
        && id.chars().distinct().count() > 1;
  }

  /** China, GB 11643: a province, a birth date, and a check character (ISO/IEC 7064, MOD 11-2). */
  private static boolean isResidentId(String id) {
    int sum = Checksums.weighted(id, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    return id.matches("(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])\\d{4}(?:19|20).*")
        && isDate(
            Integer.parseInt(id.substring(6, 10)),
            Integer.parseInt(id.substring(10, 12)),
            Integer.parseInt(id.substring(12, 14)))
        && "10X98765432".charAt(sum % 11) == id.charAt(17);
  }

  /** United Kingdom: prefixes that are not given out. */
  private static boolean isNino(String id) {
    return id.matches("[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z].*")
        && !NO_NINO.contains(id.substring(0, 2));
  }

  private static boolean isCodiceFiscale(String id) {
    int sum = 0;
    for (int i = 0; i < 15; i++) {
      char c = id.charAt(i);
      int value = Surroundings.isDigit(c) ? c - '0' : c - 'A';
      sum += i % 2 == 0 ? CF_ODD[value] : value;
    }
    return id.charAt(15) == 'A' + sum % 26;
  }

  private static boolean isDate(int year, int month, int day) {
    try {
      LocalDate.of(year, month, day);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }
}
