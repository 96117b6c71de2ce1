package dev.luthier.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What every output must look like. Code fences must be closed in any case. */
public enum OutputFormat implements Validator {
  /** Any text. */
  ANY,
  /** A JSON value and nothing else. */
  JSON,
  /** Two or more lines, each an item that begins with a dash, bullet or number. */
  LIST,
  /** Text with at least one fenced block of code. */
  CODE;

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final Pattern FENCE = Pattern.compile("(?m)^[ \\t]*(`{3,}|~{3,})");
  private static final Pattern ITEM = Pattern.compile("\\s*([-*•]|\\d+[.)]|[a-z][.)])\\s+\\S.*");

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    String output = candidate.output();
    long fences = FENCE.matcher(output).results().count();
    if (fences % 2 == 1) {
      return Optional.of(new Rejection("format", "a code fence is not closed"));
    }
    return switch (this) {
      case ANY -> Optional.empty();
      case JSON -> json(output);
      case LIST -> Validator.unless(isList(output), "format", "the output is no list");
      case CODE -> Validator.unless(fences > 0, "format", "the output has no fenced code");
    };
  }

  private static Optional<Rejection> json(String output) {
    try {
      return Validator.unless(
          !MAPPER.readTree(output).isMissingNode(), "format", "the output is not JSON: empty");
    } catch (JsonProcessingException e) {
      return Optional.of(
          new Rejection("format", "the output is not JSON: " + e.getOriginalMessage()));
    }
  }

  private static boolean isList(String output) {
    List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
    return lines.size() > 1 && lines.stream().allMatch(line -> ITEM.matcher(line).matches());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
