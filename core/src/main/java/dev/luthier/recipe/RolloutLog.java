package dev.luthier.recipe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.train.TrainListener;
import dev.luthier.train.policy.RewardFunction.Completion;
import dev.luthier.train.policy.RolloutSteps.RolloutListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;

/** Keeps the first answers of each iteration in the run's folder, and shows one now and then. */
final class RolloutLog implements RolloutListener {
  /** Answers that the run wrote, in its folder. */
  static final String SAMPLES = "samples.jsonl";

  /** Iterations of which a sample is shown. */
  private static final int SHOWN_EVERY = 20;

  /** Iterations without a difference in rewards after which that is told. */
  private static final int FLAT = 5;

  /** Characters of it. */
  private static final int LINE = 200;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final int logged;
  private final TrainListener listener;
  private int flat;

  /**
   * A log.
   *
   * @param folder of the run
   * @param logged answers of an iteration that are kept
   */
  RolloutLog(Path folder, int logged, TrainListener listener) {
    this.file = folder.resolve(SAMPLES);
    this.logged = logged;
    this.listener = listener;
  }

  @Override
  public void rolled(long iteration, List<Completion> completions, double[] rewards) {
    if (iteration % SHOWN_EVERY == 0) {
      Completion first = completions.get(0);
      listener.message(
          String.format(
              Locale.ROOT,
              "sample: %s => %s (reward %.3g)",
              line(first.prompt()),
              line(first.text()),
              rewards[0]));
    }
    DoubleSummaryStatistics spread =
        Arrays.stream(rewards).filter(r -> !Double.isNaN(r)).summaryStatistics();
    flat = spread.getMax() > spread.getMin() ? 0 : flat + 1;
    if (flat == FLAT) {
      listener.message(
          "warning: for "
              + FLAT
              + " iterations all answers got the same reward, or none, so there was nothing to learn"
              + " from. See docs/policy.md#nothing-to-learn-from");
    }
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < Math.min(logged, rewards.length); i++) {
      Completion c = completions.get(i);
      ObjectNode line = Json.object().put("iteration", iteration).put("prompt", c.prompt());
      line.put("completion", c.text()).put("ended", c.ended());
      if (!Double.isNaN(rewards[i])) {
        line.put("reward", rewards[i]);
      }
      try {
        lines.add(JSON.writeValueAsString(line));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    try {
      Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be written: " + Reason.of(e), e);
    }
  }

  /** As much of a text as fits into a line. */
  private static String line(String text) {
    String flat = text.strip().replaceAll("\\s+", " ");
    return flat.length() <= LINE ? flat : flat.substring(0, LINE) + " ...";
  }
}
