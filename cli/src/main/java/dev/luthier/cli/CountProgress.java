package dev.luthier.cli;

import dev.luthier.eval.Evaluation;
import java.time.Duration;

/** Shows on stderr how much of a longer task is done: on a terminal in place, else now and then. */
final class CountProgress implements Evaluation.Progress {
  private static final long BETWEEN_LINES = Duration.ofSeconds(10).toNanos();

  private final Console console;
  private long lastLine = System.nanoTime();

  CountProgress(Console console) {
    this.console = console;
  }

  @Override
  public void at(String what, int done, int total) {
    String line = what + " " + done + "/" + total;
    if (console.errIsTerminal()) {
      console.err().print("\r" + line + (done == total ? "\n" : ""));
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES) {
      lastLine = System.nanoTime();
      console.err().println(line);
    }
  }
}
