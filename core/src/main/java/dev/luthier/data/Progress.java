package dev.luthier.data;

/** Is told how far long work on rows is. */
@FunctionalInterface
public interface Progress {
  /**
   * @param what is being done
   * @param done rows done
   * @param total rows in all; 0 while that is not known
   */
  void at(String what, long done, long total);
}
