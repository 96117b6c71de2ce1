package dev.luthier;

import java.util.Locale;

/** Numbers as people read them. */
public final class Counts {
  private Counts() {}

  /** {@code 12,345}. */
  public static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** {@code 1 row}, {@code 2,000 rows}. */
  public static String of(long count, String noun) {
    return number(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /** {@code 12.5 %}; nothing where there is nothing to be a part of. */
  public static String percent(long part, long all) {
    if (part > 0 && part < 0.001 * all) {
      return "< 0.1 %";
    }
    return all == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / all);
  }
}
