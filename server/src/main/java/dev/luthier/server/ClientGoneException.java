package dev.luthier.server;

/** Nobody waits for the answer any more. */
final class ClientGoneException extends Exception {
  private static final long serialVersionUID = 1;

  ClientGoneException() {
    super("the client closed its connection", null, false, false);
  }
}
