package dev.luthier.hub;

/**
 * One turn of what a writer is asked.
 *
 * @param role system, user or assistant
 * @param content plain text
 */
public record Message(String role, String content) {
  /** A user's turn. */
  public static Message user(String content) {
    return new Message("user", content);
  }

  /** Instructions that stand before a conversation. */
  public static Message system(String content) {
    return new Message("system", content);
  }
}
