package dev.luthier.generate.tools;

/** What has become certain of an answer. */
public sealed interface ToolDelta {
  /** Words to the user. */
  record Content(String text) implements ToolDelta {}

  /**
   * A call begins.
   *
   * @param index from 0 within the answer
   */
  record Call(int index, String name) implements ToolDelta {}

  /**
   * The next piece of a call's arguments, which together are JSON.
   *
   * @param index of the call
   */
  record Arguments(int index, String piece) implements ToolDelta {}
}
