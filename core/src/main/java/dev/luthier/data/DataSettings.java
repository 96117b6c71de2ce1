package dev.luthier.data;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What is trained on and how rows become token sequences.
 *
 * @param train the rows to train on: a file, a folder, a glob, or a prepared set
 * @param eval the rows to evaluate on
 * @param maxLength tokens per sequence
 * @param maxTargetLength tokens of an answer, where an encoder reads the prompt; not set means
 *     maxLength
 * @param overflow what happens to rows that are longer
 * @param packing whether short rows share a sequence, each with positions and attention of its own
 * @param format what the rows look like
 * @param badRows what happens to rows that cannot be read
 * @param columns our name of a column (prompt, completion, text, ...) to the file's
 * @param roles a role as the file has it to system, user, assistant or tool
 * @param header whether the first record of a CSV or TSV file names its columns
 * @param template the chat template: auto (the model's), none, or a file
 * @param trainOn which tokens carry a loss
 * @param trainOnEnd which turns' end markers do
 */
public record DataSettings(
    @Setting(
            help =
                "rows to train on (--data): a file, a folder or a glob; JSON, JSONL, CSV, TSV, Parquet"
                    + " or text, .gz or .zst; or a prepared set")
        Optional<Path> train,
    @Setting(help = "rows to evaluate on (--eval-data)") Optional<Path> eval,
    @Setting(help = "tokens per sequence; longer ones are subject to data.overflow", value = "1024")
        int maxLength,
    @Setting(
            help =
                "models with an encoder and a decoder: tokens per answer, data.maxLength being those"
                    + " per prompt; not set means as many")
        Optional<Integer> maxTargetLength,
    @Setting(
            help =
                "longer rows: error (if more than 1 % of rows, else dropped) | drop | truncate |"
                    + " split",
            value = "error")
        Overflow overflow,
    @Setting(help = "let short rows share a sequence", value = "true") boolean packing,
    @Setting(
            help =
                "auto | messages | sharegpt | prompt-completion | alpaca | text | preference |"
                    + " unpaired | stepwise | classification",
            value = "auto")
        Format format,
    @Setting(
            help =
                "rows that cannot be read: error (if more than 1 % of rows, else left out) | strict"
                    + " (none may be) | skip (left out) | repair (mended where that is safe)",
            value = "error")
        BadRows badRows,
    @Setting(help = "our name of a column to the file's, such as prompt: question", value = "")
        Map<String, String> columns,
    @Setting(help = "a role as the file has it to ours, such as agent: assistant", value = "")
        Map<String, String> roles,
    @Setting(help = "whether CSV and TSV files begin with column names", value = "true")
        boolean header,
    @Setting(
            help =
                "chat template: auto (the model's), none, a Jinja file, or chatml | llama2 | llama3"
                    + " | mistral | zephyr | phi3 | gemma | alpaca | vicuna | instruction",
            value = "auto")
        String template,
    @Setting(
            help =
                "loss on: assistant (every answer) | last (only the last) | completion (what follows"
                    + " the prompt, or the last user turn) | all",
            value = "assistant")
        TrainOn trainOn,
    @Setting(
            help =
                "loss on end markers: turn (of trained turns) | last (of the last trained turn) |"
                    + " all (of every turn) | none",
            value = "turn")
        TrainOnEnd trainOnEnd) {

  /** What happens to rows longer than maxLength. */
  public enum Overflow {
    /** Up to 1 % of the rows are dropped; more stop the run. */
    ERROR,
    /** Left out. */
    DROP,
    /** Cut at the end. */
    TRUNCATE,
    /** Continued in further sequences. */
    SPLIT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a row looks like. */
  public enum Format {
    /** Recognised from the rows' columns. */
    AUTO,
    /** A list of {@code messages} with role and content. */
    MESSAGES,
    /** {@code prompt} and {@code completion}. */
    PROMPT_COMPLETION,
    /** {@code instruction}, {@code input} and {@code output}. */
    ALPACA,
    /** Plain {@code text}, all of it trained. */
    TEXT,
    /** A list of {@code conversations} with from and value. */
    SHAREGPT,
    /** {@code chosen} and {@code rejected} answers, with a {@code prompt} or without. */
    PREFERENCE,
    /** An answer and a {@code label} that says whether it is wanted. */
    UNPAIRED,
    /** {@code completions} that are steps, and their {@code labels}. */
    STEPWISE,
    /** {@code text} and its {@code label}. */
    CLASSIFICATION;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What happens to rows that cannot be read. */
  public enum BadRows {
    /** Up to 1 % of the rows are left out; more stop the run. */
    ERROR,
    /** The first one stops the run. */
    STRICT,
    /** Left out, however many. */
    SKIP,
    /** Mended where that is safe, else left out. */
    REPAIR;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which tokens carry a loss. */
  public enum TrainOn {
    /** Every assistant turn with its end token; the completion and its end token. */
    ASSISTANT,
    /** The last assistant turn only. */
    LAST,
    /**
     * The answer that a row is there for: the completion of prompt-completion and Alpaca rows; of a
     * conversation all assistant turns after its last user turn, tool calls and what follows them.
     */
    COMPLETION,
    /** Every token. */
    ALL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which end-of-turn markers carry a loss. */
  public enum TrainOnEnd {
    /** Of each turn that is trained. */
    TURN,
    /** Of the last turn that is trained. */
    LAST,
    /** Of every turn, users' too. */
    ALL,
    /** Of none: the model does not learn to stop. */
    NONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks everything at once. */
  public DataSettings {
    new Complaints()
        .unless(maxLength >= 2, "data.maxLength", maxLength, "must be at least 2")
        .unless(
            maxTargetLength.orElse(2) >= 2,
            "data.maxTargetLength",
            maxTargetLength.orElse(2),
            "must be at least 2")
        .unless(
            !template.isBlank(),
            "data.template",
            "empty",
            "must be auto, none, a file or a built-in template")
        .unless(
            trainOn != TrainOn.ALL || trainOnEnd == TrainOnEnd.TURN,
            "data.trainOnEnd",
            trainOnEnd,
            "must be turn where data.trainOn is all, which trains every token")
        .throwIfAny();
  }

  /** Returns packed sequences of up to 1,024 tokens, from rows not named yet. */
  public static DataSettings defaults() {
    return SettingDefaults.of(DataSettings.class);
  }

  /** Tokens of an answer behind a prompt that an encoder reads. */
  int answerLength() {
    return maxTargetLength.orElse(maxLength);
  }

  /** The same rows encoded otherwise: as a prepared set has it. */
  public DataSettings encoded(
      int maxLength, boolean packing, String template, TrainOn trainOn, TrainOnEnd trainOnEnd) {
    return new DataSettings(
        train,
        eval,
        maxLength,
        maxTargetLength,
        overflow,
        packing,
        format,
        badRows,
        columns,
        roles,
        header,
        template,
        trainOn,
        trainOnEnd);
  }
}
