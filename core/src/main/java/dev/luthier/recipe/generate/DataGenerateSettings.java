package dev.luthier.recipe.generate;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.synthetic.ValidateSettings;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Rows that a model writes.
 *
 * @param task what it is asked for
 * @param seeds tasks to start from
 * @param documents texts to ask about
 * @param output the file of rows; others stand beside it
 * @param format what its rows look like
 * @param seed what is drawn follows from it
 * @param writer what writes
 * @param ask what one request asks for
 * @param validate which rows are kept
 * @param budget when it stops
 */
public record DataGenerateSettings(
    @Setting(help = "self-instruct | paraphrase | augment | qa (--task)") Task task,
    @Setting(help = "tasks to start from, rows as sft takes them (--seeds)") Optional<Path> seeds,
    @Setting(help = "for qa: a text file, or a folder of them (--documents)")
        Optional<Path> documents,
    @Setting(help = "where the rows are written, JSONL (--output)") Path output,
    @Setting(help = "the rows' columns: messages | alpaca", value = "messages") RowFormat format,
    @Setting(help = "everything random follows from it (--seed)", value = "42") long seed,
    WriterSettings writer,
    AskSettings ask,
    ValidateSettings validate,
    BudgetSettings budget) {

  /** What is asked for. */
  public enum Task {
    /** New tasks in the manner of seeds. */
    SELF_INSTRUCT,
    /** Seeds in other words. */
    PARAPHRASE,
    /** Tasks made from seeds by named changes. */
    AUGMENT,
    /** Questions on documents, with answers. */
    QA;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What a row looks like. */
  public enum RowFormat {
    /** {@code messages}: a user's turn and the assistant's. */
    MESSAGES,
    /** {@code instruction}, {@code input} and {@code output}. */
    ALPACA;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks what no group can check alone. */
  public DataGenerateSettings {
    Complaints complaints = new Complaints();
    if (task == Task.QA && documents.isEmpty()) {
      complaints.add("--task qa needs --documents: a text file, or a folder of them");
    }
    if (task == Task.QA && seeds.isPresent()) {
      complaints.add("--seeds is not for --task qa: leave it out");
    }
    if (task != Task.QA && seeds.isEmpty()) {
      complaints.add("--task " + task + " needs --seeds: a file of tasks to start from");
    }
    if (task != Task.QA && documents.isPresent()) {
      complaints.add("--documents is for --task qa: leave it out");
    }
    if (task == Task.SELF_INSTRUCT && budget.isUnbounded()) {
      complaints.add(
          "--task self-instruct has no end of its own: say --rows, --max-tokens or --max-requests");
    }
    complaints.throwIfAny();
  }
}
