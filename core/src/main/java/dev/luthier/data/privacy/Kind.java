package dev.luthier.data.privacy;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The kinds of personal data that are known without patterns of one's own, most telling first. */
enum Kind {
  SECRET,
  EMAIL,
  IBAN,
  CARD,
  NATIONAL_ID,
  IP,
  PHONE;

  /** Returns it as settings and findings write it: national_id. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static List<String> words() {
    return Arrays.stream(values()).map(Kind::word).toList();
  }
}
