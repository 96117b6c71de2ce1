package dev.luthier.cli;

import dev.luthier.recipe.generate.Totals;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/** Shows on stderr how many rows are there: on a terminal in place, else now and then. */
final class RowProgress implements Consumer<Totals>, AutoCloseable {
  private static final long BETWEEN_LINES = Duration.ofSeconds(10).toNanos();

  private final Console console;
  private final int wanted;
  private long lastLine = System.nanoTime();
  private boolean inPlace;

  /**
   * @param wanted rows; 0 if there is no such number
   */
  RowProgress(Console console, int wanted) {
    this.console = console;
    this.wanted = wanted;
  }

  @Override
  public void accept(Totals totals) {
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
  public void close() {
    if (inPlace) {
      console.err().println();
    }
  }
}
