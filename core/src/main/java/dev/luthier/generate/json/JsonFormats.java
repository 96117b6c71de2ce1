package dev.luthier.generate.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON Schema's {@code format}s that a regular expression can say: RFC 3339 dates and times, ISO
 * 8601 durations, RFC 4122 UUIDs, addresses. Those it does not know are mere remarks, as the
 * standard has it.
 */
final class JsonFormats {
  private static final String LEAP =
      "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  private static final String DATE =
      "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
          + "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
          + "|"
          + LEAP
          + "-02-29)";
  private static final String HOUR = "(?:[01][0-9]|2[0-3])";
  private static final String SIXTY = "[0-5][0-9]";
  private static final String TIME =
      HOUR + ":" + SIXTY + ":" + SIXTY + "(?:\\.[0-9]{1,9})?(?:Z|[+-]" + HOUR + ":" + SIXTY + ")";
  private static final String CLOCK =
      "T(?:[0-9]{1,9}H(?:[0-9]{1,9}M)?(?:[0-9]{1,9}S)?"
          + "|[0-9]{1,9}M(?:[0-9]{1,9}S)?|[0-9]{1,9}S)";
  private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,3}";
  private static final String ATOM = "[A-Za-z0-9_+-]{1,20}";
  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

  private static final Map<String, String> EXPRESSIONS =
      Map.of(
          "date",
          DATE,
          "time",
          TIME,
          "date-time",
          DATE + "T" + TIME,
          "duration",
          duration(),
          "email",
          ATOM + "(?:\\." + ATOM + "){0,2}@" + LABEL + "(?:\\." + LABEL + "){1,3}",
          "hostname",
          HOST,
          "ipv4",
          BYTE + "(?:\\." + BYTE + "){3}",
          "ipv6",
          ipv6(),
          "uuid",
          "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
              + "|[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}");

  private JsonFormats() {}

  /** An expression that matches the whole string. */
  static Optional<String> expression(String format) {
    return Optional.ofNullable(EXPRESSIONS.get(format)).map(e -> "^(?:" + e + ")$");
  }

  private static String duration() {
    String n = "[0-9]{1,9}";
    String days = n + "D";
    String months = n + "M(?:" + days + ")?";
    String years = n + "Y(?:" + months + ")?";
    return "P(?:(?:" + years + "|" + months + "|" + days + ")(?:" + CLOCK + ")?|" + CLOCK + "|" + n
        + "W)";
  }

  /** All eight groups, or fewer with one gap. */
  private static String ipv6() {
    String group = "[0-9a-fA-F]{1,4}";
    List<String> ways = new ArrayList<>();
    ways.add(group + "(?::" + group + "){7}");
    for (int left = 0; left <= 7; left++) {
      String before = left == 0 ? "" : group + "(?::" + group + "){" + (left - 1) + "}";
      String after = left == 7 ? "" : "(?:" + group + "(?::" + group + "){0," + (6 - left) + "})?";
      ways.add(before + "::" + after);
    }
    return String.join("|", ways);
  }
}
