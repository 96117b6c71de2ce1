package dev.luthier.data;

/** Why one row cannot be used; the pipeline turns it into a {@link Refusal}. */
public final class RowRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String hint;

  RowRefused(String reason) {
    this(reason, "");
  }

  /**
   * @param hint what to do about it
   */
  RowRefused(String reason, String hint) {
    super(reason, null, false, false);
    this.hint = hint;
  }

  String reason() {
    return String.valueOf(getMessage());
  }

  Refusal at(int row, String text) {
    return new Refusal(row, reason(), hint, text);
  }
}
