package dev.luthier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.util.Map;

/**
 * Where a verb prints, and what surrounds it.
 *
 * @param out results
 * @param err progress and errors
 * @param outIsTerminal whether colours on out reach a person
 * @param errIsTerminal whether a progress bar on err reaches a person
 * @param environment the process's variables
 */
record Console(
    PrintStream out,
    PrintStream err,
    boolean outIsTerminal,
    boolean errIsTerminal,
    Map<String, String> environment) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** With the environment of this process. */
  Console(PrintStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal) {
    this(out, err, outIsTerminal, errIsTerminal, System.getenv());
  }

  /** Prints one JSON object on one line. */
  void json(Map<String, ?> object) {
    try {
      out.println(JSON.writeValueAsString(object));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result that is not JSON", e);
    }
  }

  /** Returns whether to colour what goes to out; NO_COLOR is honoured. */
  boolean colours() {
    return outIsTerminal && !environment.containsKey("NO_COLOR");
  }
}
