package dev.luthier.data.labels;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.model.Problem;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Rows with labels.
 *
 * @param train the rows to train on
 * @param eval the rows to evaluate on
 * @param evalShare the share of the rows to train on that is set apart where there is no eval
 * @param task what is asked
 * @param labels their order; empty for sorted ones
 * @param classWeights how much each label counts
 * @param maxLength tokens of a row; the rest is cut off
 * @param columns our name of a column to the file's
 * @param header whether the first record of a CSV or TSV file names its columns
 * @param badRows what happens to rows that cannot be used
 */
public record LabelSettings(
    @Setting(
            help =
                "rows to train on (--data): a file, a folder or a glob; JSON, JSONL, CSV, TSV or"
                    + " Parquet, .gz or .zst")
        Optional<Path> train,
    @Setting(help = "rows to evaluate on (--eval-data)") Optional<Path> eval,
    @Setting(
            help = "without eval, this share of the rows is set apart for it; 0 means none",
            value = "0.1")
        double evalShare,
    @Setting(
            help = "auto (from the columns) | classes | multi-label | regression | tokens",
            value = "auto")
        Ask task,
    @Setting(
            help =
                "label names in the order of their numbers; empty means those of the data, sorted",
            value = "")
        List<String> labels,
    @Setting(
            help = "none | balanced (rare labels count more) | a weight by label, {spam: 3}",
            value = "none")
        ClassWeights classWeights,
    @Setting(help = "tokens of a row; what is beyond is cut off and counted", value = "512")
        int maxLength,
    @Setting(
            help =
                "our name of a column (text, text2, label, labels, score, tokens, tags, spans) to the"
                    + " file's, such as text: review",
            value = "")
        Map<String, String> columns,
    @Setting(help = "whether CSV and TSV files begin with column names", value = "true")
        boolean header,
    @Setting(
            help =
                "rows that cannot be used: error (if more than 1 % of rows, else left out) | strict |"
                    + " skip",
            value = "error")
        BadRows badRows) {

  /** What is asked of a text. */
  public enum Ask {
    /** Recognised by the columns. */
    AUTO,
    CLASSES,
    MULTI_LABEL,
    REGRESSION,
    TOKENS;

    /** The problem; empty if it is to be recognised. */
    public Optional<Problem> problem() {
      return this == AUTO ? Optional.empty() : Optional.of(Problem.valueOf(name()));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Checks everything at once. */
  public LabelSettings {
    labels = List.copyOf(labels);
    columns = Map.copyOf(columns);
    new Complaints()
        .unless(
            evalShare >= 0 && evalShare < 1, "data.evalShare", evalShare, "must be 0 to below 1")
        .unless(maxLength >= 4, "data.maxLength", maxLength, "must be at least 4")
        .unless(
            new HashSet<>(labels).size() == labels.size(),
            "data.labels",
            labels,
            "must not name a label twice")
        .unless(
            badRows != BadRows.REPAIR,
            "data.badRows",
            badRows,
            "must be error, strict or skip: a label cannot be mended")
        .unless(
            LabelParser.COLUMNS.containsAll(columns.keySet()),
            "data.columns",
            columns.keySet(),
            "must be among " + LabelParser.COLUMNS)
        .throwIfAny();
  }
}
