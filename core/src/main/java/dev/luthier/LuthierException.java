package dev.luthier;

/**
 * Something that the user can act on: the message says what was expected, what was found, where
 * (file, tensor, row, line), and what to do. The command line prints the message alone and exits
 * with 1.
 */
public class LuthierException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was expected, what was found, where, and what to do
   */
  public LuthierException(String message) {
    super(message);
  }

  /**
   * @param message what was expected, what was found, where, and what to do
   * @param cause what went wrong underneath
   */
  public LuthierException(String message, Throwable cause) {
    super(message, cause);
  }
}
