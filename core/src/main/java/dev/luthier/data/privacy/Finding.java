package dev.luthier.data.privacy;

import java.util.Locale;

/**
 * Personal data in a text.
 *
 * @param kind email, phone, card, iban, ip, national_id, secret, or the name of a pattern of one's
 *     own
 * @param start where it begins, in UTF-16 positions
 * @param end where it ends, exclusive
 */
public record Finding(String kind, int start, int end) {
  /** Returns what {@link PersonalData#redact} puts in its place: {@code [EMAIL]}. */
  public String marker() {
    return marker(kind);
  }

  static String marker(String kind) {
    return "[" + kind.toUpperCase(Locale.ROOT) + "]";
  }
}
