package dev.luthier.serve;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** What an engine has done; written by its thread, read by any. */
final class Counters {
  private static final double SMOOTHING = 0.1;

  final AtomicLong promptTokens = new AtomicLong();
  final AtomicLong cachedTokens = new AtomicLong();
  final AtomicLong generatedTokens = new AtomicLong();
  final AtomicLong requests = new AtomicLong();
  final AtomicLong steps = new AtomicLong();
  final AtomicLong preemptions = new AtomicLong();
  volatile int running;
  volatile int cacheUsed;
  private volatile double secondsBetween = 1;
  private long last = System.nanoTime();

  /** A request has ended. */
  void ended() {
    requests.incrementAndGet();
    long now = System.nanoTime();
    double between = Math.min(60, (now - last) / 1e9);
    last = now;
    secondsBetween += SMOOTHING * (between - secondsBetween);
  }

  /** When there is likely to be one place more: the time that lies between ends of late. */
  Duration nextPlace() {
    return Duration.ofMillis(Math.max(1000, Math.round(1000 * secondsBetween)));
  }
}
