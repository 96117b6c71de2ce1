package dev.luthier.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * Chat templates that come with the library, for models without one: well-known formats, written
 * here. Each prints the same bytes as the format's published template for every conversation that
 * both accept, and refuses what the format has no form for instead of leaving it out.
 */
final class BuiltInTemplates {
  static final List<String> NAMES =
      List.of(
          "chatml",
          "llama2",
          "llama3",
          "mistral",
          "zephyr",
          "phi3",
          "gemma",
          "alpaca",
          "vicuna",
          "instruction");

  private BuiltInTemplates() {}

  /**
   * @param name one of {@link #NAMES}
   */
  static String source(String name) {
    try (InputStream in = BuiltInTemplates.class.getResourceAsStream(name + ".jinja")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
