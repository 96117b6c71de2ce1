package dev.luthier.recipe;

import dev.luthier.train.TrainListener;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Warns once when chosen answers become less likely together with rejected ones: the margin grows,
 * and the model forgets how to say what it should prefer (Pal et al., "Smaug", arXiv 2402.13228).
 */
final class PreferenceWatch implements TrainListener {
  /** Steps whose mean is told. */
  private static final int STEPS = 20;

  /** Nats by which an answer must have fallen to count. */
  private static final double FALL = 1;

  private final TrainListener listener;
  private final Deque<double[]> last = new ArrayDeque<>();
  private double firstChosen = Double.NaN;
  private double firstRejected = Double.NaN;
  private boolean warned;

  PreferenceWatch(TrainListener listener) {
    this.listener = listener;
  }

  @Override
  public void step(StepMetrics metrics) {
    Double chosen = metrics.figures().get("logps/chosen");
    Double rejected = metrics.figures().get("logps/rejected");
    if (warned || chosen == null || rejected == null) {
      return;
    }
    last.add(new double[] {chosen, rejected});
    if (last.size() < STEPS) {
      return;
    }
    double c = mean(0);
    double r = mean(1);
    if (Double.isNaN(firstChosen)) {
      firstChosen = c;
      firstRejected = r;
    }
    if (c < firstChosen - FALL && r < firstRejected - FALL) {
      warned = true;
      listener.message(
          String.format(
              Locale.ROOT,
              "warning: the log-probabilities of chosen and of rejected answers both fall (%.1f to"
                  + " %.1f and %.1f to %.1f nats an answer): the model learns what not to say, and"
                  + " may forget how to say the rest. Add sft to the losses, or lower"
                  + " train.learningRate. See docs/preferences.md#both-fall",
              firstChosen,
              c,
              firstRejected,
              r));
    }
    last.remove();
  }

  private double mean(int which) {
    return last.stream().mapToDouble(one -> one[which]).average().orElseThrow();
  }
}
