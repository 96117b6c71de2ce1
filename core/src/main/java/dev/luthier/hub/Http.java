package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** What every conversation over HTTP needs: sending once, and judging what came of it. */
final class Http {
  /** How often a wait looks whether it is to end, in milliseconds. */
  private static final long SLICE = 50;

  /** The time left in a {@code RateLimit} header: {@code "api";r=0;t=55}. */
  private static final Pattern RATE_LIMIT = Pattern.compile(";\\s*t=(\\d+)");

  private Http() {}

  /**
   * What came of sending a request once.
   *
   * @param response empty if none came
   * @param problem why none came
   * @param reached whether anything answered at the address
   */
  record Outcome<T>(Optional<HttpResponse<T>> response, String problem, boolean reached) {}

  /**
   * Sends a request once, and waits for the answer's last byte.
   *
   * @param patience the answer is given up when nothing moves for so long
   * @param moved bytes received so far, where the body counts them
   * @throws LuthierException when trying again is of no use
   */
  static <T> Outcome<T> send(
      HttpClient client,
      HttpRequest request,
      HttpResponse.BodyHandler<T> body,
      Duration patience,
      LongSupplier moved) {
    // A request's own time-out ends with the header; a body may still never come.
    CompletableFuture<HttpResponse<T>> sent = client.sendAsync(request, body);
    long before = moved.getAsLong();
    try {
      while (true) {
        try {
          return new Outcome<>(
              Optional.of(sent.get(patience.toMillis(), TimeUnit.MILLISECONDS)), "", true);
        } catch (TimeoutException e) {
          long now = moved.getAsLong();
          if (now == before) {
            sent.cancel(true);
            return failed("no answer within " + seconds(patience) + " s");
          }
          before = now;
        }
      }
    } catch (ExecutionException e) {
      return failed(address(request), e);
    } catch (InterruptedException e) {
      sent.cancel(true);
      Thread.currentThread().interrupt();
      return failed("interrupted");
    }
  }

  /** The address without its query, which may be a signature. */
  private static String address(HttpRequest request) {
    return request.uri().toString().replaceFirst("\\?.*", "");
  }

  private static <T> Outcome<T> failed(String address, ExecutionException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException) {
        throw new LuthierException(
            address + ": " + cause.getMessage() + "; does it speak https?", cause);
      }
      if (cause instanceof LuthierException ours) {
        throw ours;
      }
    }
    if (e.getCause() instanceof IOException cause) {
      return new Outcome<>(Optional.empty(), reason(cause), !(cause instanceof ConnectException));
    }
    throw new LuthierException(address + ": the request failed: " + e.getCause(), e);
  }

  private static <T> Outcome<T> failed(String problem) {
    return new Outcome<>(Optional.empty(), problem, true);
  }

  /** Whether a status tells of something that may pass by itself. */
  static boolean passing(int status) {
    return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
  }

  /**
   * How long an answer asks to wait: its {@code Retry-After}, else its {@code RateLimit}.
   *
   * @throws LuthierException when that is longer than {@link Retries#LONGEST_ASKED}
   */
  static Optional<Duration> asked(HttpHeaders headers, String address, String problem) {
    Optional<Duration> asked =
        headers
            .firstValue("Retry-After")
            .flatMap(header -> Retries.asked(header, Instant.now()))
            .or(
                () ->
                    headers
                        .firstValue("RateLimit")
                        .map(RATE_LIMIT::matcher)
                        .filter(Matcher::find)
                        .flatMap(left -> Retries.asked(left.group(1), Instant.now())));
    if (asked.isPresent() && asked.get().compareTo(Retries.LONGEST_ASKED) > 0) {
      throw new LuthierException(
          address
              + ": "
              + problem
              + "; it asks to come back after "
              + asked.get().toMinutes()
              + " minutes: repeat the command then");
    }
    return asked;
  }

  static String seconds(Duration time) {
    return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString();
  }

  private static String reason(IOException e) {
    if (e instanceof ConnectException) {
      return Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
              .anyMatch(UnresolvedAddressException.class::isInstance)
          ? "the host is not known; is its name right?"
          : "nothing answers there; is the server running?";
    }
    String name = e.getClass().getSimpleName();
    return "the connection failed (" + (e.getMessage() == null ? name : e.getMessage()) + ")";
  }

  /** Waits, unless a stop or an interrupt comes. */
  static void sleep(Duration wait, BooleanSupplier stop) {
    long end = System.nanoTime() + wait.toNanos();
    try {
      for (long left = wait.toNanos(); left > 0 && !stop.getAsBoolean(); ) {
        Thread.sleep(Math.min(SLICE, Math.max(1, left / 1_000_000)));
        left = end - System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
