package dev.luthier.tokenizer.jinja;

/**
 * Python's {@code range}.
 *
 * @param start first number
 * @param stop where it ends, exclusive
 * @param step distance, not 0
 */
record Range(long start, long stop, long step) {
  /** The longest that Jinja2's sandbox allows. */
  static final int MAX = 100_000;

  static Range checked(long start, long stop, long step) {
    if (step == 0) {
      throw Fault.value("range() arg 3 must not be zero");
    }
    Range range = new Range(start, stop, step);
    double length = Math.max(0, Math.ceil(((double) stop - start) / step));
    if (length > MAX) {
      throw Fault.limit(
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + MAX + ")");
    }
    return range;
  }

  int size() {
    long span = step > 0 ? stop - start : start - stop;
    long stride = Math.abs(step);
    return span <= 0 ? 0 : (int) ((span + stride - 1) / stride);
  }

  long get(int index) {
    return start + index * step;
  }

  @Override
  public String toString() {
    return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
  }
}
