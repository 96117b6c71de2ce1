package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a set is too small for. Few such limits are known; each note says where its number comes
 * from.
 */
public final class SampleSize {
  /** Rows from which OpenAI's guide to fine-tuning reports improvements ("50-100 examples"). */
  public static final int FEW_ROWS = 50;

  /** Rows of LIMA (Zhou et al. 2023), enough for the form of answers of a 65B model. */
  public static final int LIMA_ROWS = 1000;

  /** AdamW's momentum with β1 = 0.9 averages over 1 / (1 - β1) steps. */
  private static final int MOMENTUM_STEPS = 10;

  /** The standard normal's quantile of a two-sided 95 % interval. */
  private static final double Z = 1.96;

  private SampleSize() {}

  /**
   * A set's size.
   *
   * @param rows rows trained on
   * @param batch rows for each optimizer step
   * @param epochs how often each row is seen
   * @param evaluation rows held out; empty when it is not known
   * @param classes rows by class; empty when the set has no label
   */
  public record Size(
      long rows, int batch, double epochs, Optional<Long> evaluation, Map<String, Long> classes) {}

  /**
   * One thing that a set is too small for.
   *
   * @param purpose what for: {@code any task}, {@code new facts}, {@code classes}, {@code
   *     evaluation}, {@code steps}
   * @param sentence the numbers, for people
   * @param source the paper, guide or formula behind it
   */
  public record Note(String purpose, String sentence, String source) {}

  /** Returns what the set is too small for; empty when no limit is met. */
  public static List<Note> notes(Size size) {
    List<Note> notes = new ArrayList<>();
    rows(size.rows()).ifPresent(notes::add);
    classes(size.classes()).ifPresent(notes::add);
    size.evaluation().flatMap(SampleSize::evaluation).ifPresent(notes::add);
    steps(size).ifPresent(notes::add);
    return List.copyOf(notes);
  }

  /**
   * Returns half the width of the 95 % interval of a share that is measured on so many rows, in
   * points of a hundred, at worst (a share of one half): 100 · 1.96 · sqrt(0.25 / rows).
   */
  public static double margin(long rows) {
    return 100 * Z * Math.sqrt(0.25 / rows);
  }

  /** Returns the rows that such an interval needs: 385 for ±5 points. */
  public static long rowsFor(double points) {
    return (long) Math.ceil(0.25 * Math.pow(100 * Z / points, 2));
  }

  private static Optional<Note> rows(long rows) {
    if (rows < FEW_ROWS) {
      return Optional.of(
          new Note(
              "any task",
              count(rows, "row")
                  + ": improvements are reported from 50 to 100 well-made examples; try"
                  + " them as examples in the prompt first",
              "OpenAI, Supervised fine-tuning, \"Right number of examples\""));
    }
    return rows >= LIMA_ROWS
        ? Optional.empty()
        : Optional.of(
            new Note(
                "new facts",
                rows
                    + " rows teach the form of answers; 1,000 chosen ones sufficed for that. Facts"
                    + " that the model does not know are learned slowly, and make it invent"
                    + " others",
                "Zhou et al. 2023 (LIMA); Gekhman et al. 2024"));
  }

  private static Optional<Note> classes(Map<String, Long> classes) {
    Imbalance imbalance = Imbalance.of(classes);
    List<String> rare = imbalance.rare(FEW_ROWS);
    if (classes.size() < 2 || rare.isEmpty()) {
      return Optional.empty();
    }
    String smallest = rare.get(rare.size() - 1);
    return Optional.of(
        new Note(
            "classes",
            String.format(
                Locale.ROOT,
                "fewer than %d rows in %d of %d classes, the smallest (\"%s\") %d; recall measured"
                    + " on that many is known to ±%.0f points",
                FEW_ROWS,
                rare.size(),
                classes.size(),
                smallest,
                imbalance.counts().getOrDefault(smallest, 0L),
                margin(imbalance.counts().getOrDefault(smallest, 1L))),
            "OpenAI, Supervised fine-tuning (50 to 100 examples); 1.96 · sqrt(0.25 / n)"));
  }

  private static Optional<Note> evaluation(long rows) {
    long needed = rowsFor(5);
    if (rows >= needed) {
      return Optional.empty();
    }
    String sentence =
        rows == 0
            ? "no rows are held out: nothing measures whether training helps; "
            : String.format(
                Locale.ROOT,
                "an accuracy on %s is known to ±%.1f points at 95 %% confidence; ",
                count(rows, "held-out row"),
                margin(rows));
    return Optional.of(
        new Note(
            "evaluation",
            sentence + "±5 points need " + needed,
            "1.96 · sqrt(p (1 - p) / n) at p = 0.5"));
  }

  private static Optional<Note> steps(Size size) {
    double steps = Math.ceil((double) size.rows() / size.batch()) * size.epochs();
    return steps >= MOMENTUM_STEPS
        ? Optional.empty()
        : Optional.of(
            new Note(
                "steps",
                String.format(
                    Locale.ROOT,
                    "%s at %d a step: %s, fewer than AdamW's momentum averages over (10); use a"
                        + " smaller batch or more epochs",
                    count(size.rows(), "row"),
                    size.batch(),
                    count(Math.round(steps), "optimizer step")),
                "1 / (1 - β1) with β1 = 0.9; Kingma and Ba 2015, section 3"));
  }

  private static String count(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
