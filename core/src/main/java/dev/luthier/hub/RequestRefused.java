package dev.luthier.hub;

import dev.luthier.LuthierException;

/** A request that gets no answer however often it is sent; others may. */
public final class RequestRefused extends LuthierException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message who refuses, and why
   */
  public RequestRefused(String message) {
    super(message);
  }
}
