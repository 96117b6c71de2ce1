package dev.luthier.format;

/** What is wrong with a pickle, before it is known where. */
final class PickleException extends Exception {
  private static final long serialVersionUID = 1;

  PickleException(String what) {
    super(what);
  }

  /** What is wrong. */
  String what() {
    return String.valueOf(getMessage());
  }
}
