package dev.luthier.recipe;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.ModelInput;
import dev.luthier.data.PromptEncoder;
import dev.luthier.data.Refusal;
import dev.luthier.data.RefusedRows;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.source.DataFiles;
import dev.luthier.data.source.ReadOptions;
import dev.luthier.data.source.RowFile;
import dev.luthier.data.source.RowSink;
import dev.luthier.format.Hashes;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.train.policy.Prompt;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Prompts of files: rows with {@code prompt}, {@code messages}, Alpaca's columns or pairs of
 * answers, or the rows of prepared sets; answers are left out. All columns stay, for reward
 * functions.
 *
 * @param prompts those that fit
 * @param refused rows that cannot be asked
 * @param hash of the files
 */
record PromptInput(List<Prompt> prompts, List<Refusal> refused, String hash) {
  private static final String TRAIN = "train";
  private static final String EVAL = "eval";

  /** Prompts to learn from; otherwise as {@link #read}. */
  static PromptInput train(DataSettings data, RunTokens tokens, int room, Clock clock) {
    return read(rows(data.train().orElseThrow(), TRAIN), data, tokens, room, clock);
  }

  /** Prompts to evaluate on, if there are any; otherwise as {@link #read}. */
  static Optional<PromptInput> eval(DataSettings data, RunTokens tokens, int room, Clock clock) {
    return data.eval()
        .map(path -> rows(path, EVAL))
        .or(
            () ->
                data.train()
                    .filter(PreparedSet::isOne)
                    .map(PreparedSet::open)
                    .filter(set -> set.splits().contains(EVAL))
                    .map(set -> set.rows(EVAL)))
        .map(path -> read(path, data, tokens, room, clock));
  }

  /** The path itself, or a prepared set's rows. */
  private static Path rows(Path path, String split) {
    if (!PreparedSet.isOne(path)) {
      return path;
    }
    PreparedSet set = PreparedSet.open(path);
    return set.rows(set.splits().size() == 1 ? set.splits().iterator().next() : split);
  }

  /**
   * Reads prompts.
   *
   * @param room tokens that a prompt may have
   * @param clock for templates that print the date
   * @throws LuthierException if more rows cannot be asked than the settings allow, or none is left
   */
  private static PromptInput read(
      Path path, DataSettings data, RunTokens tokens, int room, Clock clock) {
    PromptEncoder encoder =
        new PromptEncoder(
            ModelInput.of(tokens.model(), tokens.tokenizer()),
            ChatTemplates.encoder(tokens.tokenizer(), data.template(), clock));
    List<Prompt> prompts = new ArrayList<>();
    List<Refusal> refused = new ArrayList<>();
    List<String> hashes = new ArrayList<>();
    int[] rows = {0};
    for (Path file : DataFiles.of(path)) {
      hashes.add(Hashes.sha256(file));
      new RowFile(file)
          .read(
              new ReadOptions(data.badRows() == BadRows.REPAIR, data.header(), Optional.empty()),
              new RowSink() {
                @Override
                public void row(int number, Map<String, @Nullable Object> row) {
                  rows[0]++;
                  try {
                    prompts.add(prompt(named(row, data.columns()), encoder, room));
                  } catch (LuthierException e) {
                    String why = String.valueOf(e.getMessage());
                    refused.add(new Refusal(file.toString(), number, why, "", ""));
                  }
                }

                @Override
                public void unreadable(int number, String reason, String hint, String text) {
                  rows[0]++;
                  refused.add(new Refusal(file.toString(), number, reason, hint, text));
                }
              });
    }
    RefusedRows rule = new RefusedRows(data.badRows());
    refused.forEach(rule::add);
    rule.check(rows[0]);
    if (prompts.isEmpty()) {
      throw new LuthierException("No row of " + path + " is left to ask.");
    }
    return new PromptInput(prompts, refused, String.join(" ", hashes));
  }

  private static Map<String, @Nullable Object> named(
      Map<String, @Nullable Object> row, Map<String, String> columns) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>(row);
    columns.forEach(
        (ours, theirs) -> {
          if (row.containsKey(theirs)) {
            out.put(ours, row.get(theirs));
          }
        });
    return out;
  }

  private static Prompt prompt(Map<String, @Nullable Object> row, PromptEncoder encoder, int room) {
    PromptEncoder.Asked asked = encoder.ask(row);
    int[] ids = asked.ids();
    if (ids.length == 0 || ids.length > room) {
      throw new LuthierException(
          ids.length == 0
              ? "the prompt has no tokens"
              : "the prompt has "
                  + ids.length
                  + " tokens, and data.maxLength leaves room for "
                  + room
                  + " before rollout.maxNewTokens");
    }
    return new Prompt(ids, asked.text(), row);
  }
}
