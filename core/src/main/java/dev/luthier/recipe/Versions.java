package dev.luthier.recipe;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this build is. */
public final class Versions {
  private Versions() {}

  /** Luthier's version. */
  public static String luthier() {
    try (InputStream in = Versions.class.getResourceAsStream("/dev/luthier/version.properties")) {
      Properties p = new Properties();
      if (in != null) {
        p.load(in);
      }
      return p.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
