package dev.luthier.serve;

import dev.luthier.LuthierException;
import java.time.Duration;

/** The queue is full. */
public final class EngineBusyException extends LuthierException {
  private static final long serialVersionUID = 1;

  private final Duration retryAfter;

  /**
   * @param retryAfter when there is likely to be room
   */
  public EngineBusyException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** When there is likely to be room. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
