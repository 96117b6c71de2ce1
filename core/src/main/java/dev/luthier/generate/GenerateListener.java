package dev.luthier.generate;

/** Hears of tokens as they come. */
@FunctionalInterface
public interface GenerateListener {
  /** Hears nothing. */
  GenerateListener NONE = (request, id, text) -> {};

  /** The id given with text that became certain only at the end. */
  int NO_TOKEN = -1;

  /**
   * A token came.
   *
   * @param request index of the request
   * @param id the token, or {@link #NO_TOKEN}
   * @param text what is certain since the last call, often empty: never half a character, nor
   *     anything of a stop string. All calls' texts together are the result's text.
   */
  void token(int request, int id, String text);

  /** A text has ended. */
  default void ended(int request, Generation generation) {}
}
