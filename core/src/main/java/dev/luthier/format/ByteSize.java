package dev.luthier.format;

import dev.luthier.UsageException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size of memory as people write it. */
public final class ByteSize {
  private static final Pattern SIZE = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?([KMGT]?)(I?)B?");

  private ByteSize() {}

  /**
   * Bytes: {@code 8GB} is 8e9 of them, {@code 8GiB} 8 x 2^30, {@code 8G} the same as {@code 8GB}.
   *
   * @param option where it was given, for messages
   */
  public static long parse(String option, String text) {
    Matcher m = SIZE.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (!m.matches() || Double.parseDouble(m.group(1)) == 0) {
      throw new UsageException(option + " " + text + ": expected a size such as 8GB or 7.5GiB");
    }
    double unit = m.group(3).isEmpty() ? 1000 : 1024;
    int power = m.group(2).isEmpty() ? 0 : "KMGT".indexOf(m.group(2)) + 1;
    return Math.round(Double.parseDouble(m.group(1)) * Math.pow(unit, power));
  }

  /** In whole MiB, or GiB with two digits from 10 GiB on, rounded up. */
  public static String words(long bytes) {
    long mebibytes = (bytes + (1 << 20) - 1) >> 20;
    return mebibytes < 10 * 1024
        ? String.format(Locale.ROOT, "%,d MiB", mebibytes)
        : String.format(Locale.ROOT, "%.2f GiB", mebibytes / 1024.0);
  }
}
