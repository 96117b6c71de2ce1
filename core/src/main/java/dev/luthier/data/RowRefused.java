package dev.luthier.data;

/** Why one row cannot be used; the pipeline turns it into a {@link Refusal}. */
public final class RowRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String hint;

  public RowRefused(String reason) {
    this(reason, "");
  }

  /**
   * @param hint what to do about it
   */
  public RowRefused(String reason, String hint) {
    super(reason, null, false, false);
    this.hint = hint;
  }

  /** What was expected and found. */
  public String reason() {
    return String.valueOf(getMessage());
  }

  /**
   * The refusal of a row.
   *
   * @param file where it stands, as the user knows it
   * @param text how it stands there
   */
  public Refusal at(String file, int row, String text) {
    return new Refusal(file, row, reason(), hint, text);
  }
}
