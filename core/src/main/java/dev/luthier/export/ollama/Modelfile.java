package dev.luthier.export.ollama;

import dev.luthier.LuthierException;
import java.util.List;
import java.util.Optional;

/**
 * Ollama's description of a model, for {@code ollama create}.
 *
 * @param from the GGUF file, from the Modelfile's folder
 * @param adapter of the model: a GGUF file or a PEFT folder
 * @param template in Go's template language
 * @param parameters in their order; one name may come several times
 * @param system a system prompt for conversations without one
 * @param license its text
 */
record Modelfile(
    String from,
    Optional<String> adapter,
    String template,
    List<Parameter> parameters,
    Optional<String> system,
    Optional<String> license) {
  private static final String QUOTES = "\"\"\"";

  /** {@code PARAMETER stop "<|im_end|>"}. */
  record Parameter(String name, String value) {}

  /** The file's text. */
  String text() {
    StringBuilder out = new StringBuilder("FROM ").append(from).append('\n');
    adapter.ifPresent(path -> out.append("ADAPTER ").append(path).append('\n'));
    out.append("TEMPLATE ").append(quoted(template)).append('\n');
    for (Parameter parameter : parameters) {
      out.append("PARAMETER ")
          .append(parameter.name())
          .append(' ')
          .append(isBare(parameter.value()) ? parameter.value() : quoted(parameter.value()))
          .append('\n');
    }
    system.ifPresent(text -> out.append("SYSTEM ").append(quoted(text)).append('\n'));
    license.ifPresent(text -> out.append("LICENSE ").append(quoted(text)).append('\n'));
    return out.toString();
  }

  private static boolean isBare(String value) {
    return value.matches("[A-Za-z0-9.+-]+");
  }

  private static String quoted(String value) {
    if (value.contains(QUOTES)) {
      throw new LuthierException(
          "a Modelfile has no form for three quotes in a row, which this text has: "
              + value.substring(0, Math.min(200, value.length()))
              + "; in a TEMPLATE write {{ \"\\\"\\\"\\\"\" }} for them");
    }
    return QUOTES + value + QUOTES;
  }
}
