package dev.luthier.data.synthetic;

import dev.luthier.UsageException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Regular expressions of one's own.
 *
 * @param require each must be found in the output
 * @param forbid none may be found anywhere in the row
 */
public record Patterns(List<Pattern> require, List<Pattern> forbid) implements Validator {
  /** Copies the lists. */
  public Patterns {
    require = List.copyOf(require);
    forbid = List.copyOf(forbid);
  }

  /**
   * Compiles expressions.
   *
   * @param key the setting that they are from
   * @throws UsageException naming one that is none
   */
  static List<Pattern> compile(List<String> expressions, String key) {
    return expressions.stream().map(expression -> compile(expression, key)).toList();
  }

  private static Pattern compile(String expression, String key) {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          key + " has " + expression + ", which is no regular expression: " + e.getDescription());
    }
  }

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    for (Pattern pattern : require) {
      if (!pattern.matcher(candidate.output()).find()) {
        return Optional.of(new Rejection("pattern", "the output lacks " + pattern));
      }
    }
    for (Pattern pattern : forbid) {
      if (pattern.matcher(candidate.whole()).find()) {
        return Optional.of(new Rejection("pattern", "found " + pattern));
      }
    }
    return Optional.empty();
  }
}
