package dev.luthier.data.quality;

import java.util.regex.Pattern;

/**
 * A search for a regular expression of somebody else's that ends. Steps are counted, not time, so
 * that the outcome is the same on every machine.
 */
final class BoundedSearch {
  /** Characters that may be looked at, for each character of the text. */
  private static final long STEPS_PER_CHAR = 1000;

  private static final long LEAST_STEPS = 1_000_000;

  private BoundedSearch() {}

  enum Outcome {
    FOUND,
    ABSENT,
    /** The expression backtracks too much, or too deep for the stack. */
    GIVEN_UP
  }

  static Outcome of(Pattern pattern, String text) {
    try {
      Steps steps = new Steps(Math.max(LEAST_STEPS, STEPS_PER_CHAR * text.length()));
      return pattern.matcher(new Counted(text, steps)).find() ? Outcome.FOUND : Outcome.ABSENT;
    } catch (TooManySteps | StackOverflowError e) {
      return Outcome.GIVEN_UP;
    }
  }

  private static final class Steps {
    private long left;

    Steps(long left) {
      this.left = left;
    }

    void take() {
      if (--left < 0) {
        throw new TooManySteps();
      }
    }
  }

  private record Counted(CharSequence text, Steps steps) implements CharSequence {
    @Override
    public char charAt(int index) {
      steps.take();
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Counted(text.subSequence(start, end), steps);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  private static final class TooManySteps extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManySteps() {
      super("too many steps", null, false, false);
    }
  }
}
