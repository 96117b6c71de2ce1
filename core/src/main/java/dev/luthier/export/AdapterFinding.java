package dev.luthier.export;

import java.util.Locale;

/**
 * One thing about an adapter that matters to a server.
 *
 * @param level what it means for serving
 * @param reason what is so, and what the server does with it
 * @param wayOut what to do about it with the adapter at hand
 * @param setting what to set before training so that it does not arise; empty where nothing helps
 */
public record AdapterFinding(Level level, String reason, String wayOut, String setting) {
  /** What a finding means for serving. */
  public enum Level {
    /** The server loads it all the same; someone should know. */
    NOTE,
    /** The server loads it after a step, such as a conversion or a flag. */
    STEP,
    /** The server does not load it, or computes something else with it. */
    REFUSED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
