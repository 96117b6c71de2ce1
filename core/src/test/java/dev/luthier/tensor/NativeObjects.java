package dev.luthier.tensor;

import org.bytedeco.javacpp.Pointer;

/**
 * Counts native objects. Those of earlier tests that nobody closed go whenever the collector runs,
 * so that a count may fall at any time; only its growth says something.
 */
public final class NativeObjects {
  private NativeObjects() {}

  /**
   * How many more there are after an action than before it: the most of three runs, after one that
   * may leave what is made once.
   */
  public static long leftBehindBy(Runnable action) {
    action.run();
    long most = Long.MIN_VALUE;
    for (int i = 0; i < 3; i++) {
      long before = Pointer.totalCount();
      action.run();
      most = Math.max(most, Pointer.totalCount() - before);
    }
    return most;
  }
}
