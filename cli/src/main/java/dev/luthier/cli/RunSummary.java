package dev.luthier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.recipe.RunResult;
import dev.luthier.train.Trainer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

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
      r.forEach((key, value) -> console.out().printf("  %-14s %s%n", key, value));
      console.out().println("  output         " + result.output());
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

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
