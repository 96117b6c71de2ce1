package dev.luthier.hub;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * How often a request is sent again, and after how long: the wait doubles each time, and a random
 * part of up to half of it is left out, so that many clients that failed together do not come back
 * together.
 *
 * <p>With a first wait of 1 s and a longest of 60 s, the waits are at most 1, 2, 4, ..., 32, 60, 60
 * seconds. An endpoint that names a time of its own ({@code Retry-After}) is believed, up to {@link
 * #LONGEST_ASKED}.
 *
 * @param retries times that a request is sent again
 * @param first the first wait
 * @param longest no wait is longer, unless the endpoint asks for it
 */
public record Retries(int retries, Duration first, Duration longest) {
  /** An endpoint that asks for more patience than this is given up. */
  public static final Duration LONGEST_ASKED = Duration.ofMinutes(10);

  /** So many retries, after 1 s at first and after 60 s at most. */
  public static Retries of(int retries) {
    return new Retries(retries, Duration.ofSeconds(1), Duration.ofSeconds(60));
  }

  /**
   * The wait before a retry.
   *
   * @param retry its number, from 0
   * @param random in [0, 1)
   */
  Duration pause(int retry, double random) {
    double doubled = first.toMillis() * Math.pow(2, retry);
    double most = Math.min(doubled, longest.toMillis());
    return Duration.ofMillis(Math.round(most * (1 - random / 2)));
  }

  /**
   * What a {@code Retry-After} header says: seconds, or a date.
   *
   * @return empty when it says neither; never negative
   */
  static Optional<Duration> asked(String header, Instant now) {
    try {
      return Optional.of(Duration.ofMillis(Math.round(Double.parseDouble(header.strip()) * 1000)))
          .filter(wait -> !wait.isNegative());
    } catch (NumberFormatException notSeconds) {
      return date(header, now);
    }
  }

  private static Optional<Duration> date(String header, Instant now) {
    try {
      Instant then =
          ZonedDateTime.parse(header.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(then.isAfter(now) ? Duration.between(now, then) : Duration.ZERO);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
