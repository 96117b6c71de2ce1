package dev.luthier.eval.labels;

import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.Problem;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;

/** Compares what a model says of rows with what is right, a batch at a time. */
public final class LabelEvaluation {
  private final Problem problem;
  private final List<String> labels;
  private final Confusion confusion;
  private final Confusion[] perLabel; // of several labels: no and yes each
  private final EntityCount entities = new EntityCount();
  private final List<double[]> numbers = new ArrayList<>(); // right and given, pair by pair
  private double nats;
  private long rows;
  private long exact;

  private LabelEvaluation(Problem problem, List<String> labels) {
    this.problem = problem;
    this.labels = labels;
    this.confusion = Confusion.of(labels);
    this.perLabel = new Confusion[labels.size()];
    Arrays.setAll(perLabel, i -> Confusion.of(List.of("no", "yes")));
  }

  /**
   * Evaluates a model on batches that have labels.
   *
   * @param step of the model
   * @param labels by number
   */
  public static LabelReport of(
      BlockwiseStep step, Iterable<Batch> batches, Problem problem, List<String> labels) {
    LabelEvaluation evaluation = new LabelEvaluation(problem, labels);
    for (Batch batch : batches) {
      if (batch.labelTokens() > 0) {
        try (PointerScope scope = new PointerScope()) {
          evaluation.add(batch, Tensors.toFloats(step.outputs(batch)));
        }
      }
    }
    return evaluation.report();
  }

  private void add(Batch batch, float[] scores) {
    int width = labels.size();
    int next = 0;
    for (int row = 0; row < batch.rows(); row++) {
      List<String> right = new ArrayList<>();
      List<String> given = new ArrayList<>();
      for (int i = 0; i < batch.length(); i++) {
        int label = (int) batch.labels()[row * batch.length() + i];
        if (label == TokenSequence.IGNORED) {
          continue;
        }
        float[] own = Arrays.copyOfRange(scores, next * width, (next + 1) * width);
        if (problem.isOneOfSeveral()) {
          int best = largest(own);
          nats -= Math.log(Probabilities.softmax(own)[label]);
          confusion.add(label, best);
          right.add(labels.get(label));
          given.add(labels.get(best));
        } else {
          float[] values = Objects.requireNonNull(batch.form().values());
          compare(own, Arrays.copyOfRange(values, next * width, (next + 1) * width));
        }
        next++;
      }
      if (problem == Problem.TOKENS) {
        entities.add(right, given);
      }
      rows++;
    }
  }

  private void compare(float[] scores, float[] values) {
    boolean same = true;
    for (int j = 0; j < scores.length; j++) {
      if (problem == Problem.MULTI_LABEL) {
        boolean yes = scores[j] > 0; // more likely than not
        perLabel[j].add(values[j] > 0 ? 1 : 0, yes ? 1 : 0);
        same &= yes == values[j] > 0;
      } else {
        numbers.add(new double[] {values[j], scores[j]});
      }
    }
    exact += same ? 1 : 0;
  }

  static int largest(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  private LabelReport report() {
    return switch (problem) {
      case CLASSES -> {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("loss", Figures.round(nats / Math.max(1, rows)));
        figures.putAll(confusion.summary());
        yield new LabelReport(rows, figures, confusion.byLabel(), Optional.of(confusion));
      }
      case TOKENS -> tokens();
      case MULTI_LABEL -> several();
      case REGRESSION -> new LabelReport(rows, numbers(), Map.of(), Optional.empty());
    };
  }

  private LabelReport tokens() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("words", confusion.total());
    figures.put("loss", Figures.round(nats / Math.max(1, confusion.total())));
    boolean marked = Entity.areMarkedBy(labels);
    if (marked) {
      entities.summary().fields().forEach((name, value) -> figures.put("entity_" + name, value));
    }
    figures.putAll(confusion.summary());
    return new LabelReport(
        rows, figures, marked ? entities.byType() : confusion.byLabel(), Optional.of(confusion));
  }

  private LabelReport several() {
    Map<String, Object> figures = new LinkedHashMap<>();
    Map<String, Scores> byLabel = new LinkedHashMap<>();
    long found = 0;
    long asked = 0;
    double macro = 0;
    double right = 0;
    double majority = 0;
    for (int j = 0; j < perLabel.length; j++) {
      Confusion c = perLabel[j];
      byLabel.put(labels.get(j), new Scores(c.precision(1), c.recall(1), c.f1(1), c.support(1)));
      found += 2 * c.counts()[1][1];
      asked += 2 * c.counts()[1][1] + c.counts()[0][1] + c.counts()[1][0];
      macro += c.f1(1) / perLabel.length;
      right += c.accuracy() / perLabel.length;
      majority += c.majorityShare() / perLabel.length;
    }
    figures.put("exact_match", Figures.round(exact / (double) Math.max(1, rows)));
    figures.put("micro_f1", Figures.round(asked == 0 ? 0 : found / (double) asked));
    figures.put("macro_f1", Figures.round(macro));
    figures.put("label_accuracy", Figures.round(right));
    figures.put("majority_label_accuracy", Figures.round(majority));
    return new LabelReport(rows, figures, byLabel, Optional.empty());
  }

  private Map<String, Object> numbers() {
    double[] right = numbers.stream().mapToDouble(n -> n[0]).toArray();
    double[] given = numbers.stream().mapToDouble(n -> n[1]).toArray();
    double mean = Arrays.stream(right).average().orElse(0);
    double squares = 0;
    double distances = 0;
    double spread = 0;
    for (int i = 0; i < right.length; i++) {
      squares += (given[i] - right[i]) * (given[i] - right[i]) / right.length;
      distances += Math.abs(given[i] - right[i]) / right.length;
      spread += (right[i] - mean) * (right[i] - mean) / right.length;
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("mse", Figures.round(squares));
    out.put("mae", Figures.round(distances));
    out.put("mean_mse", Figures.round(spread)); // of always saying the mean
    put(out, "pearson", Correlation.pearson(right, given));
    put(out, "spearman", Correlation.spearman(right, given));
    return out;
  }

  private static void put(Map<String, Object> out, String name, double value) {
    if (Double.isFinite(value)) {
      out.put(name, Figures.round(value));
    }
  }
}
