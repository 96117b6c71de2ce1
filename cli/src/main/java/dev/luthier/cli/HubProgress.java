package dev.luthier.cli;

import dev.luthier.format.ByteSize;
import dev.luthier.hub.TransferListener;
import java.time.Duration;
import java.util.Locale;

/** Shows on stderr how far a transfer is: on a terminal in place, else now and then. */
final class HubProgress implements TransferListener, AutoCloseable {
  private static final long BETWEEN_LINES = Duration.ofSeconds(10).toNanos();
  private static final long BETWEEN_UPDATES = Duration.ofMillis(200).toNanos();

  private final Console console;
  private long total;
  private long done;
  private long begun;
  private long lastLine;
  private long lastWait = System.nanoTime() - BETWEEN_LINES;
  private boolean inPlace;

  HubProgress(Console console) {
    this.console = console;
  }

  @Override
  public synchronized void begin(String what, int files, long bytes) {
    total = bytes;
    done = 0;
    begun = System.nanoTime();
    lastLine = begun;
    clear();
    console
        .err()
        .println(
            what + ": " + files + (files == 1 ? " file, " : " files, ") + ByteSize.words(bytes));
  }

  @Override
  public synchronized void moved(long bytes) {
    done += bytes;
    long now = System.nanoTime();
    if (now - lastLine < (console.errIsTerminal() ? BETWEEN_UPDATES : BETWEEN_LINES)) {
      return;
    }
    lastLine = now;
    String line = line(done, total, now - begun);
    if (console.errIsTerminal()) {
      inPlace = true;
      console.err().print("\r" + line + "\033[K");
      console.err().flush();
    } else {
      console.err().println(line);
    }
  }

  /**
   * Such as {@code 1.2 GiB of 4.8 GiB 25 % 85.0 MiB/s left 0:43}.
   *
   * @param nanos since the transfer began
   */
  static String line(long done, long total, long nanos) {
    double perNano = done / (double) Math.max(1, nanos);
    long left = perNano > 0 ? Math.round((total - done) / perNano) : 0;
    return String.format(
        Locale.ROOT,
        "%s of %s  %d %%  %.1f MiB/s  left %s",
        ByteSize.words(Math.max(0, done)),
        ByteSize.words(total),
        100 * Math.max(0, done) / Math.max(1, total),
        perNano * 1e9 / (1 << 20),
        perNano > 0 ? ProgressPrinter.clock(left) : "?");
  }

  @Override
  public synchronized void waiting(String why) {
    long now = System.nanoTime();
    if (now - lastWait >= BETWEEN_LINES) {
      lastWait = now;
      clear();
      console.err().println(why);
    }
  }

  private void clear() {
    if (inPlace) {
      console.err().print("\r\033[K");
      console.err().flush();
      inPlace = false;
    }
  }

  @Override
  public synchronized void close() {
    clear();
  }
}
