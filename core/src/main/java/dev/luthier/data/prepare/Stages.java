package dev.luthier.data.prepare;

import java.util.Locale;

/** What rows go through, in order. */
enum Stages {
  READ,
  CLEAN,
  ANSWERS,
  FILTERS,
  PRIVACY,
  OVERLAP,
  DUPLICATES,
  MIX,
  ENCODE;

  static Stages named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
