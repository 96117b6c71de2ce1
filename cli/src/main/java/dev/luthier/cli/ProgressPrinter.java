package dev.luthier.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows a run's progress on stderr: a bar on a terminal, elsewhere a line every few seconds, so
 * that a log file stays readable.
 */
final class ProgressPrinter implements AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
  private static final int BAR_REFRESH_MILLIS = 250;
  private static final int MIB = 1 << 20;

  /** Clears what the bar had on the rest of the line. */
  private static final String CLEAR_TO_END = "\033[K";

  private final Console console;
  private final String task;
  private final long steps;
  private final long firstStep;
  private final long startNanos;
  private final Optional<ProgressBar> bar;
  private long lastLineNanos;

  /**
   * @param console where it is shown
   * @param task one word for what runs: "train"
   * @param firstStep steps that an earlier process has done already
   * @param steps steps of the whole run
   */
  ProgressPrinter(Console console, String task, long firstStep, long steps) {
    this.console = console;
    this.task = task;
    this.steps = steps;
    this.firstStep = firstStep;
    this.startNanos = System.nanoTime();
    this.lastLineNanos = startNanos - BETWEEN_LINES.toNanos();
    this.bar = console.errIsTerminal() ? Optional.of(bar()) : Optional.empty();
  }

  private ProgressBar bar() {
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(steps)
        .startsFrom(firstStep, Duration.ZERO)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(BAR_REFRESH_MILLIS)
        .setConsumer(new ConsoleProgressBarConsumer(console.err()))
        .build();
  }

  /**
   * Shows the step just done.
   *
   * @param step its number, from 1
   * @param loss nats per label token
   * @param learningRate the rate it was taken with
   * @param tokensPerSecond tokens that went through the model
   * @param peakBytes the most memory so far
   * @param more what stands before them
   */
  void step(
      long step,
      double loss,
      double learningRate,
      double tokensPerSecond,
      long peakBytes,
      String more) {
    String figures =
        more
            + String.format(
                Locale.ROOT,
                "loss %.4f  lr %.2e  %.0f tok/s  peak %d MiB",
                loss,
                learningRate,
                tokensPerSecond,
                peakBytes / MIB);
    if (bar.isPresent()) {
      bar.get().stepTo(step).setExtraMessage(" " + figures);
      return;
    }
    long now = System.nanoTime();
    if (step == steps || now - lastLineNanos >= BETWEEN_LINES.toNanos()) {
      lastLineNanos = now;
      console
          .err()
          .println(task + " " + step + "/" + steps + "  " + figures + "  left " + left(step, now));
    }
  }

  /** Shows a line of its own, such as an evaluation's result, without tearing the bar. */
  void line(String text) {
    console.err().println(bar.isPresent() ? "\r" + text + CLEAR_TO_END : text);
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }

  private String left(long step, long now) {
    long done = Math.max(1, step - firstStep);
    return clock((now - startNanos) / done * (steps - step));
  }

  /** Returns nanoseconds as "1:02:03" or "2:03". */
  static String clock(long nanos) {
    long seconds = Duration.ofNanos(nanos).toSeconds();
    return seconds >= 3600
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
        : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
  }
}
