package dev.luthier.cli;

import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Shows a training run while it runs. */
class TrainProgress implements TrainListener, AutoCloseable {
  /** Weight of the newest step in the shown speed; single steps vary with their rows. */
  private static final double NEWEST = 0.2;

  /** Figures of a step that say more than its loss. */
  private static final List<String> SHOWN = List.of("reward", "kl_answer");

  private final Console console;
  private Optional<ProgressPrinter> printer = Optional.empty();
  private double tokensPerSecond;

  TrainProgress(Console console) {
    this.console = console;
  }

  @Override
  public void started(long step, long steps) {
    printer = Optional.of(new ProgressPrinter(console, "train", step, steps));
  }

  @Override
  public void step(StepMetrics metrics) {
    double now = metrics.tokens() / Math.max(1e-9, metrics.seconds());
    tokensPerSecond =
        tokensPerSecond == 0 ? now : tokensPerSecond + NEWEST * (now - tokensPerSecond);
    printer.ifPresent(
        p ->
            p.step(
                metrics.step(),
                metrics.loss(),
                metrics.learningRate(),
                tokensPerSecond,
                metrics.peakBytes(),
                shown(metrics)));
  }

  private static String shown(StepMetrics metrics) {
    StringBuilder out = new StringBuilder();
    for (String name : SHOWN) {
      Double value = metrics.figures().get(name);
      if (value != null) {
        out.append(String.format(Locale.ROOT, "%s %.3f  ", name, value));
      }
    }
    return out.toString();
  }

  @Override
  public void evaluated(EvalMetrics metrics) {
    message(
        String.format(
            Locale.ROOT,
            "evaluation after step %d: %s%s",
            metrics.step(),
            words(metrics),
            metrics.best() ? ", the best so far" : ""));
  }

  private static String words(EvalMetrics metrics) {
    List<String> out = new ArrayList<>();
    if (metrics.labelTokens() > 0) {
      String loss = "loss %.4f over %d tokens";
      out.add(String.format(Locale.ROOT, loss, metrics.loss(), metrics.labelTokens()));
    }
    metrics
        .figures()
        .forEach((name, value) -> out.add(String.format(Locale.ROOT, "%s %.4g", name, value)));
    return String.join(", ", out);
  }

  @Override
  public void saved(Path checkpoint) {
    message("saved " + checkpoint);
  }

  @Override
  public void message(String text) {
    printer.ifPresentOrElse(p -> p.line(text), () -> console.err().println(text));
  }

  @Override
  public void close() {
    printer.ifPresent(ProgressPrinter::close);
    printer = Optional.empty();
  }
}
