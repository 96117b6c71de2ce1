package dev.luthier.eval.labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How often each label was given where another was right.
 *
 * @param labels their names
 * @param counts (C, C): a row for each right label, a column for each given one
 */
@SuppressWarnings("ArrayRecordComponent")
public record Confusion(List<String> labels, long[][] counts) {
  /** The 97.5 % quantile of the normal distribution. */
  private static final double Z = 1.959963984540054;

  /** Nothing counted yet. */
  public static Confusion of(List<String> labels) {
    return new Confusion(labels, new long[labels.size()][labels.size()]);
  }

  /** One more. */
  void add(int right, int given) {
    counts[right][given]++;
  }

  /** Rows. */
  public long total() {
    return Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
  }

  private long correct() {
    long sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += counts[i][i];
    }
    return sum;
  }

  /** How often this label was right. */
  public long support(int label) {
    return Arrays.stream(counts[label]).sum();
  }

  private long given(int label) {
    return Arrays.stream(counts).mapToLong(row -> row[label]).sum();
  }

  /** The share that is right. */
  public double accuracy() {
    return ratio(correct(), total());
  }

  /** Of the times a label was given, the share where it was right; 0 if never. */
  public double precision(int label) {
    return ratio(counts[label][label], given(label));
  }

  /** Of the times a label was right, the share where it was given; 0 if never. */
  public double recall(int label) {
    return ratio(counts[label][label], support(label));
  }

  /** The harmonic mean of precision and recall. */
  public double f1(int label) {
    return ratio(2 * counts[label][label], given(label) + support(label));
  }

  /** The mean of F1 over the labels that are there or were given. */
  public double macroF1() {
    double sum = 0;
    int there = 0;
    for (int i = 0; i < counts.length; i++) {
      if (support(i) + given(i) > 0) {
        sum += f1(i);
        there++;
      }
    }
    return there == 0 ? 0 : sum / there;
  }

  private int majority() {
    int most = 0;
    for (int i = 1; i < counts.length; i++) {
      most = support(i) > support(most) ? i : most;
    }
    return most;
  }

  /** The label that is right most often. */
  public String majorityLabel() {
    return labels.get(majority());
  }

  /** The accuracy of always giving that label. */
  public double majorityShare() {
    return ratio(support(majority()), total());
  }

  /**
   * The 95 % interval of the accuracy: Wilson, "Probable inference, the law of succession, and
   * statistical inference", JASA 22 (1927).
   */
  public double[] accuracyInterval() {
    double n = total();
    if (n == 0) {
      return new double[] {0, 1};
    }
    double p = accuracy();
    double middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
    double half = Z / (1 + Z * Z / n) * Math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
    return new double[] {middle - half, middle + half};
  }

  /**
   * How much more is right than if the majority label were always given, and its 95 % interval:
   * Wald's of the difference of two proportions of the same rows (Agresti, Categorical Data
   * Analysis, section 11.1).
   *
   * @return the difference, its lower end and its upper end
   */
  public double[] margin() {
    double n = total();
    int majority = majority();
    double gained = correct() - counts[majority][majority]; // right where the majority is not
    double lost = support(majority) - counts[majority][majority];
    double difference = n == 0 ? 0 : (gained - lost) / n;
    double variance =
        n == 0 ? 1 : (gained + lost - (gained - lost) * (gained - lost) / n) / (n * n);
    double half = Z * Math.sqrt(Math.max(0, variance));
    return new double[] {difference, difference - half, difference + half};
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : part / (double) whole;
  }

  /** Accuracy, F1 and what the majority label would have. */
  Map<String, Object> summary() {
    Map<String, Object> out = new LinkedHashMap<>();
    double[] margin = margin();
    out.put("accuracy", Figures.round(accuracy()));
    out.put("accuracy_interval", Figures.round(accuracyInterval()));
    out.put("macro_f1", Figures.round(macroF1()));
    out.put("majority_label", majorityLabel());
    out.put("majority_accuracy", Figures.round(majorityShare()));
    out.put("margin", Figures.round(margin[0]));
    out.put("margin_interval", Figures.round(new double[] {margin[1], margin[2]}));
    return out;
  }

  /** Precision, recall, F1 and rows of each label. */
  Map<String, Scores> byLabel() {
    Map<String, Scores> out = new LinkedHashMap<>();
    for (int i = 0; i < counts.length; i++) {
      out.put(labels.get(i), new Scores(precision(i), recall(i), f1(i), support(i)));
    }
    return out;
  }

  /** The counts as lists. */
  List<List<Long>> matrix() {
    List<List<Long>> out = new ArrayList<>();
    for (long[] row : counts) {
      out.add(Arrays.stream(row).boxed().toList());
    }
    return out;
  }
}
