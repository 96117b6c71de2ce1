package dev.luthier.cli;

import dev.luthier.recipe.generate.GenerateProgress;
import dev.luthier.recipe.generate.Totals;
import java.time.Duration;
import java.util.Locale;

/**
 * Shows on stderr how many rows are there, on a terminal in place, else now and then; and what an
 * endpoint is waited for.
 */
final class RowProgress implements GenerateProgress, AutoCloseable {
  private static final long BETWEEN_LINES = Duration.ofSeconds(10).toNanos();

  private final Console console;
  private final int wanted;
  private long lastLine = System.nanoTime();
  private long lastWait = System.nanoTime() - BETWEEN_LINES;
  private boolean inPlace;

  /**
   * @param wanted rows; 0 if there is no such number
   */
  RowProgress(Console console, int wanted) {
    this.console = console;
    this.wanted = wanted;
  }

  @Override
  public synchronized void answered(Totals totals) {
    String line =
        String.format(
            Locale.ROOT,
            "rows %,d%s  refused %,d  requests %,d  tokens %,d",
            totals.rows(),
            wanted == 0 ? "" : String.format(Locale.ROOT, "/%,d", wanted),
            totals.allRefused(),
            totals.requests(),
            totals.tokens());
    if (console.errIsTerminal()) {
      inPlace = true;
      console.err().print("\r" + line + "\033[K");
      console.err().flush();
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES) {
      lastLine = System.nanoTime();
      console.err().println(line);
    }
  }

  @Override
  public synchronized void waiting(String why) {
    if (System.nanoTime() - lastWait >= BETWEEN_LINES) {
      lastWait = System.nanoTime();
      close();
      console.err().println("waiting: " + why);
    }
  }

  @Override
  public synchronized void close() {
    if (inPlace) {
      console.err().println();
      inPlace = false;
    }
  }
}
