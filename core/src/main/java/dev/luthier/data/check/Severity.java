package dev.luthier.data.check;

import java.util.Locale;

/** How much a finding matters. */
public enum Severity {
  /** A run would be spoilt or refused. */
  ERROR,
  /** A run would learn something that is probably not meant. */
  WARNING,
  /** Worth knowing. */
  NOTE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
