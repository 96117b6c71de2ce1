package dev.luthier.export.ollama;

import java.util.Locale;

/** Who speaks. */
enum Role {
  SYSTEM,
  USER,
  ASSISTANT;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
