package dev.luthier.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Texts over which tokenizers differ: white space of all kinds, control characters, numbers,
 * contractions, code, many scripts, combining marks, joined emoji, the texts of special tokens,
 * very long words. All are valid Unicode.
 */
final class AwkwardTexts {
  private AwkwardTexts() {}

  static List<String> all() {
    try (InputStream in = AwkwardTexts.class.getResourceAsStream("awkward-texts.json")) {
      if (in == null) {
        throw new IllegalStateException("awkward-texts.json is not on the class path");
      }
      return List.of(new ObjectMapper().readValue(in, String[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
