package dev.luthier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.recipe.RunResult;
import dev.luthier.train.Trainer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a training verb says at its end. */
final class RunSummary {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunSummary() {}

  /**
   * Prints it.
   *
   * @param next the command that uses the result; empty if there is none
   * @return the exit code
   */
  static int print(Console console, boolean json, String verb, RunResult result, String next) {
    if (json) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("status", result.end().name().toLowerCase(Locale.ROOT));
      out.put("output", result.output().toString());
      out.putAll(result.results());
      console.out().println(text(out));
    } else {
      Map<String, Object> r = result.results();
      String what =
          switch (result.end()) {
            case FINISHED -> "finished";
            case STOPPED_EARLY -> "stopped early: the evaluation loss no longer fell";
            case INTERRUPTED -> "interrupted after a checkpoint";
          };
      console.out().println(verb + " " + what);
      r.forEach(
          (key, value) -> {
            if (!(value instanceof Map)) {
              console.out().printf("  %-14s %s%n", key, value);
            }
          });
      console.out().println("  output         " + result.output());
      if (r.get("eval_before") instanceof Map<?, ?> before
          && r.get("eval_after") instanceof Map<?, ?> after) {
        table(console, before, after);
      }
      if (!next.isEmpty()) {
        console.out().println("use it:\n  ./" + next);
      }
    }
    if (result.end() == Trainer.End.INTERRUPTED) {
      console
          .err()
          .println("Saved. Repeat the same command with --resume to go on where it stopped.");
      return Program.INTERRUPTED;
    }
    return Program.DONE;
  }

  /** What evaluations measured before and after. */
  private static void table(Console console, Map<?, ?> before, Map<?, ?> after) {
    console.out().printf("  %-24s %10s %10s%n", "evaluation", "before", "after");
    before.forEach(
        (name, value) ->
            console
                .out()
                .printf("    %-22s %10s %10s%n", name, number(value), number(after.get(name))));
  }

  private static String number(@Nullable Object value) {
    return value instanceof Number n ? String.format(Locale.ROOT, "%.4f", n.doubleValue()) : "";
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
