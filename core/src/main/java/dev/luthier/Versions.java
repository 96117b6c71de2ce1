package dev.luthier;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The versions of this build and of the libraries it was built against. */
public final class Versions {
  private static final Map<String, String> ALL = read();

  private Versions() {}

  /** Returns every version by name: luthier, pytorch, openblas, javacpp, tokenizers. */
  public static Map<String, String> all() {
    return ALL;
  }

  /** Returns one of them. */
  public static String of(String name) {
    String version = ALL.get(name);
    if (version == null) {
      throw new IllegalArgumentException("no version is recorded for " + name);
    }
    return version;
  }

  private static Map<String, String> read() {
    Properties properties = new Properties();
    try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
      if (in == null) {
        throw new IllegalStateException("versions.properties is not on the class path");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> out = new TreeMap<>();
    properties.stringPropertyNames().forEach(key -> out.put(key, properties.getProperty(key)));
    return Map.copyOf(out);
  }
}
