package dev.luthier;

/** A setting, flag or combination of them that cannot be meant. The command line exits with 2. */
public final class UsageException extends LuthierException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the setting, the value found, and what to change
   */
  public UsageException(String message) {
    super(message);
  }
}
