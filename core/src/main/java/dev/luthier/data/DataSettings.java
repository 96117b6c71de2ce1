package dev.luthier.data;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What is trained on and how rows become token sequences.
 *
 * @param train the rows to train on, JSON or JSONL
 * @param eval the rows to evaluate on
 * @param maxLength tokens per sequence
 * @param overflow what happens to rows that are longer
 * @param packing whether short rows share a sequence, each with positions and attention of its own
 * @param format what the rows look like
 * @param template the chat template: auto (the model's), none, a file, or a built-in one's name
 * @param trainOn which tokens carry a loss
 */
public record DataSettings(
    @Setting(help = "rows to train on, JSON or JSONL (--data)") Optional<Path> train,
    @Setting(help = "rows to evaluate on (--eval-data)") Optional<Path> eval,
    @Setting(help = "tokens per sequence; longer ones are subject to data.overflow", value = "1024")
        int maxLength,
    @Setting(
            help =
                "longer rows: error (if more than 1 % of rows, else dropped) | drop | truncate |"
                    + " split",
            value = "error")
        Overflow overflow,
    @Setting(help = "let short rows share a sequence", value = "true") boolean packing,
    @Setting(help = "auto | messages | prompt-completion | alpaca | text", value = "auto")
        Format format,
    @Setting(
            help =
                "chat template: auto (the model's), none, a Jinja file, or chatml | llama2 | llama3"
                    + " | mistral | zephyr | phi3 | gemma | alpaca | vicuna | instruction",
            value = "auto")
        String template,
    @Setting(
            help = "loss on: assistant (every answer) | last (only the last) | all",
            value = "assistant")
        TrainOn trainOn) {

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
    TEXT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Which tokens carry a loss. */
  public enum TrainOn {
    /** Every assistant turn with its end token; the completion and its end token. */
    ASSISTANT,
    /** The last assistant turn only. */
    LAST,
    /** Every token. */
    ALL;

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
            !template.isBlank(),
            "data.template",
            "empty",
            "must be auto, none, a file or a built-in template")
        .throwIfAny();
  }

  /** Returns packed sequences of up to 1,024 tokens, from rows not named yet. */
  public static DataSettings defaults() {
    return SettingDefaults.of(DataSettings.class);
  }
}
