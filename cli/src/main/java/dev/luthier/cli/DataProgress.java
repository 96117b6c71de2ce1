package dev.luthier.cli;

import java.time.Duration;
import java.util.Locale;

/** Shows on stderr how far work on rows is: on a terminal in place, else now and then. */
final class DataProgress implements AutoCloseable {
  private static final long BETWEEN_LINES = Duration.ofSeconds(10).toNanos();
  private static final long BETWEEN_UPDATES = Duration.ofMillis(100).toNanos();

  private final Console console;
  private long last = System.nanoTime();
  private boolean inPlace;

  DataProgress(Console console) {
    this.console = console;
  }

  /**
   * @param total 0 while it is not known
   */
  void at(String what, long done, long total) {
    long now = System.nanoTime();
    if (now - last < (console.errIsTerminal() ? BETWEEN_UPDATES : BETWEEN_LINES)) {
      return;
    }
    last = now;
    String line =
        total == 0
            ? String.format(Locale.ROOT, "%s: %,d", what, done)
            : String.format(Locale.ROOT, "%s: %,d of %,d", what, done, total);
    if (console.errIsTerminal()) {
      inPlace = true;
      console.err().print("\r" + line + "\033[K");
      console.err().flush();
    } else {
      console.err().println(line);
    }
  }

  @Override
  public void close() {
    if (inPlace) {
      console.err().print("\r\033[K");
      console.err().flush();
    }
  }
}
