package dev.luthier.nn;

import dev.luthier.Complaints;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Values by module pattern, such as {@code {q_proj: 8, "layers.0.mlp.up_proj": 32}}: a pattern is a
 * regular expression for the end of a module's path, from a dot on, as in PEFT's {@code
 * rank_pattern}. The first that matches wins.
 */
public final class ModulePatterns {
  private ModulePatterns() {}

  /** The value of the first pattern that matches the path. */
  public static <T> T find(Map<String, T> patterns, String path, T otherwise) {
    for (Map.Entry<String, T> e : patterns.entrySet()) {
      if (Pattern.matches("(.*\\.)?(" + e.getKey() + ")$", path)) {
        return e.getValue();
      }
    }
    return otherwise;
  }

  /** Complains about patterns that are no regular expressions. */
  public static void check(Complaints complaints, String key, Map<String, ?> patterns) {
    for (String pattern : patterns.keySet()) {
      try {
        Pattern.compile(pattern);
      } catch (PatternSyntaxException e) {
        complaints.unless(false, key, pattern, "is no regular expression, " + e.getDescription());
      }
    }
  }
}
