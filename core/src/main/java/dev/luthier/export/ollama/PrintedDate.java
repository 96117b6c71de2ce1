package dev.luthier.export.ollama;

import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A form in which templates print today's date. Ollama's templates have {@code currentDate}, which
 * gives {@code 2024-07-26}; {@code slice} cuts the other forms out of that.
 *
 * @param pattern of {@link DateTimeFormatter}
 * @param go the same in Go's template language, from {@code $date}
 */
record PrintedDate(String pattern, String go) {
  private static final String DAY = "{{ slice $date 8 10 }}";
  private static final String YEAR = "{{ slice $date 0 4 }}";
  private static final String MONTH = "{{ slice $date 5 7 }}";
  private static final List<String> NAMES =
      List.of(
          "January",
          "February",
          "March",
          "April",
          "May",
          "June",
          "July",
          "August",
          "September",
          "October",
          "November",
          "December");

  /** The forms that are known, those first that contain others. */
  static final List<PrintedDate> KNOWN =
      List.of(
          new PrintedDate("dd MMM yyyy", DAY + " " + month(3) + " " + YEAR),
          new PrintedDate("dd MMMM yyyy", DAY + " " + month(9) + " " + YEAR),
          new PrintedDate("MMMM dd, yyyy", month(9) + " " + DAY + ", " + YEAR),
          new PrintedDate("MMM dd, yyyy", month(3) + " " + DAY + ", " + YEAR),
          new PrintedDate("dd/MM/yyyy", DAY + "/" + MONTH + "/" + YEAR),
          new PrintedDate("yyyy-MM-dd", "{{ $date }}"));

  /** Days that no template has by chance. */
  static final List<Clock> DAYS = List.of(at("2031-11-23"), at("2042-02-07"), at("2039-09-30"));

  private static Clock at(String day) {
    return Clock.fixed(
        LocalDate.parse(day).atStartOfDay().toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
  }

  private static String month(int letters) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < NAMES.size(); i++) {
      String name = NAMES.get(i);
      out.append(i == 0 ? "{{ if eq $month \"" : "{{ else if eq $month \"")
          .append(String.format(Locale.ROOT, "%02d", i + 1))
          .append("\" }}")
          .append(name, 0, Math.min(letters, name.length()));
    }
    return out.append("{{ end }}").toString();
  }

  /** The date of the clock. */
  String on(Clock clock) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(LocalDate.now(clock));
  }

  /** The form that a text shows the clock's day in. */
  static Optional<PrintedDate> in(String text, Clock clock) {
    return KNOWN.stream().filter(form -> text.contains(form.on(clock))).findFirst();
  }
}
