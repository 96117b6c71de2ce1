package dev.luthier.data.labels;

import dev.luthier.LuthierException;
import dev.luthier.data.RowRefused;
import dev.luthier.model.Problem;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What is asked of the rows of files, and which labels there are; nothing else of them is kept.
 *
 * @param problem what is asked
 * @param labels in the order of their numbers
 */
public record LabelSurvey(Problem problem, List<String> labels) {
  /** More labels than that are hardly labels. */
  private static final int MOST = 10_000;

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,18}");

  /** Numbers in their order, else as text is sorted. */
  private static final Comparator<String> ORDER =
      (a, b) ->
          NUMBER.matcher(a).matches() && NUMBER.matcher(b).matches()
              ? Long.compare(Long.parseLong(a), Long.parseLong(b))
              : a.compareTo(b);

  /** Keeps the order. */
  public LabelSurvey {
    labels = List.copyOf(labels);
  }

  /**
   * Reads the rows to train on.
   *
   * @throws LuthierException nothing says what is asked, or there is one label only
   */
  public static LabelSurvey of(LabelFiles files, LabelSettings settings) {
    Problem problem = settings.task().problem().orElseGet(() -> recognise(files, settings));
    if (problem == Problem.REGRESSION) {
      return new LabelSurvey(problem, scores(files, settings));
    }
    if (!settings.labels().isEmpty()) {
      return new LabelSurvey(problem, settings.labels());
    }
    TreeMap<String, Integer> found = new TreeMap<>();
    LabelParser parser = new LabelParser(settings.columns(), List.of());
    files.read(
        settings.badRows(),
        (number, columns) -> {
          for (String label : parser.labels(columns, problem)) {
            found.merge(label, 1, Integer::sum);
          }
          if (found.size() > MOST) {
            throw new LuthierException(
                "the rows have more than "
                    + MOST
                    + " different labels; is this the column meant? Name it with --set"
                    + " data.columns.label=NAME, or ask for a number with --set data.task=regression");
          }
        },
        refusal -> {});
    List<String> labels = found.keySet().stream().sorted(ORDER).toList();
    int least = problem == Problem.MULTI_LABEL ? 1 : 2;
    if (labels.size() < least) {
      throw new LuthierException(
          "the rows have "
              + (labels.isEmpty() ? "no label" : "one label only, " + labels.get(0))
              + "; there must be at least "
              + least
              + " to tell apart. Labels are read from the column "
              + (problem == Problem.TOKENS ? "tags" : "label")
              + ": see docs/train-classifier.md#rows");
    }
    return new LabelSurvey(problem, labels);
  }

  /** One fraction among labels that are numbers makes all of them numbers. */
  private static Problem recognise(LabelFiles files, LabelSettings settings) {
    LabelParser parser = new LabelParser(settings.columns(), List.of());
    TreeMap<Problem, Integer> seen = new TreeMap<>();
    String[] columns = {""};
    files.read(
        (number, row) -> {
          if (columns[0].isEmpty()) {
            columns[0] = String.join(", ", row.keySet());
          }
          parser.recognise(row).ifPresent(p -> seen.merge(p, 1, Integer::sum));
        },
        refusal -> {});
    if (seen.isEmpty()) {
      throw new LuthierException(
          "nothing says what the rows are to teach: expected a column label, labels, score, or"
              + " tokens and tags, found "
              + (columns[0].isEmpty() ? "no row" : columns[0])
              + ". Name the column with --set data.columns.label=NAME. See"
              + " docs/train-classifier.md#rows");
    }
    if (seen.containsKey(Problem.REGRESSION) && seen.containsKey(Problem.CLASSES)) {
      return Problem.REGRESSION;
    }
    return seen.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElseThrow();
  }

  /** A score's name, or several numbered ones. */
  private static List<String> scores(LabelFiles files, LabelSettings settings) {
    if (!settings.labels().isEmpty()) {
      return settings.labels();
    }
    LabelParser parser = new LabelParser(settings.columns(), List.of());
    int[] width = {0};
    files.read(
        settings.badRows(),
        (number, row) -> {
          int here = parser.read(row, Problem.REGRESSION).numbers().size();
          if (width[0] != 0 && here != width[0]) {
            throw new RowRefused("score: expected " + width[0] + " numbers, found " + here);
          }
          width[0] = here;
        },
        refusal -> {});
    return width[0] <= 1
        ? List.of(LabelParser.SCORE)
        : IntStream.range(0, width[0]).mapToObj(i -> "score_" + i).toList();
  }
}
