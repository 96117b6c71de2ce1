package dev.luthier.data;

/** Why one row cannot be used; the pipeline turns it into a {@link Refusal}. */
final class RowRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RowRefused(String reason) {
    super(reason, null, false, false);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
