package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Counts the failures in a row of one piece of work, and waits between them. */
final class Patience {
  /**
   * Of a host that does not answer at all before anything has come: most likely there is no
   * network.
   */
  private static final int UNREACHABLE = 2;

  private final Retries retries;
  private final TransferListener listener;
  private final String what;
  private int failures;

  /**
   * @param what is being tried, for messages: an address without its query
   */
  Patience(Retries retries, TransferListener listener, String what) {
    this.retries = retries;
    this.listener = listener;
    this.what = what;
  }

  /** Something came: the next failure is the first again. */
  void progressed() {
    failures = 0;
  }

  /**
   * Waits before the next attempt.
   *
   * @param asked how long the server asks to wait
   * @throws LuthierException after too many failures, or when the thread is interrupted
   */
  void failed(String problem, Optional<Duration> asked) {
    failed(problem, asked, retries.retries());
  }

  /** As {@link #failed}, where the host does not answer at all: soon given up. */
  void unreachable(String problem) {
    failed(problem, Optional.empty(), Math.min(UNREACHABLE, retries.retries()));
  }

  private void failed(String problem, Optional<Duration> asked, int most) {
    if (failures >= most || Thread.currentThread().isInterrupted()) {
      throw new LuthierException(
          what
              + ": "
              + problem
              + (failures == 0 ? "" : "; tried " + (failures + 1) + " times")
              + ". What has come so far is kept: repeat the command to go on."
              + " See docs/troubleshooting.md#hub");
    }
    double random = ThreadLocalRandom.current().nextDouble();
    Duration wait = asked.orElse(retries.pause(failures, random));
    failures++;
    listener.waiting(what + ": " + problem + "; again in " + Http.seconds(wait) + " s");
    Http.sleep(wait, () -> false);
  }
}
