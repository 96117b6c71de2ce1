package dev.luthier.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.RowLines;
import dev.luthier.data.RowRefused;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.source.DataFiles;
import dev.luthier.eval.reward.RewardModel;
import dev.luthier.format.Json;
import dev.luthier.recipe.Settings;
import dev.luthier.train.preference.PairwiseAccuracy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier reward score}: scores of answers. */
@Command(
    name = "score",
    description = {
      "Scores answers with a reward model: one line for each row, and of pairs how",
      "often the chosen answer has the higher score."
    },
    footer = {
      "",
      "Example:",
      "  luthier reward score --model my-base --adapter my-reward --data a.jsonl",
      "  luthier reward score --model rm --prompt \"Hi.\" --answer \"Hello.\"",
      "",
      "Rows have chosen and rejected, or a prompt with a completion, or messages."
    })
final class RewardScoreCommand implements Callable<Integer> {
  private static final int SHOWN = 60;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Rows of answers: JSON, JSONL, CSV, TSV or Parquet.")
  private Optional<Path> data = Optional.empty();

  @Option(names = "--prompt", paramLabel = "TEXT", description = "A prompt.")
  private Optional<String> prompt = Optional.empty();

  @Option(names = "--answer", paramLabel = "TEXT", description = "An answer to it.")
  private Optional<String> answer = Optional.empty();

  @Option(
      names = "--template",
      paramLabel = "NAME",
      description = "The chat template: auto (the model's, default), none, a file or a name.")
  private Optional<String> template = Optional.empty();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Answers that go through the model together; 16 by default.")
  private int batchSize = 16;

  RewardScoreCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (data.isPresent() == prompt.isPresent() || prompt.isPresent() != answer.isPresent()) {
      throw new UsageException("give either --data FILE or --prompt TEXT with --answer TEXT");
    }
    if (batchSize < 1) {
      throw new UsageException("--batch-size must be at least 1");
    }
    Settings asked = new Settings();
    asked.set("template", template, "--template");
    RewardModel scorer =
        new RewardModel(
            model.load(machine, console),
            model.language(true).tokenizer(),
            asked.bind(DataSettings.class),
            batchSize,
            model.adapter.map(a -> model.model + " with " + a).orElse(model.model.toString()));
    Rows rows = new Rows(scorer);
    if (data.isPresent()) {
      read(data.get(), rows);
    } else {
      rows.add(
          new Row(1, new Example.PromptCompletion(prompt.orElseThrow(), answer.orElseThrow())));
    }
    rows.print();
    return Program.DONE;
  }

  private void read(Path path, Rows rows) {
    RowLines refused = new RowLines(SHOWN);
    int[] count = {0};
    for (Path file : DataFiles.of(path)) {
      new ExampleReader(Format.AUTO)
          .read(
              file,
              new ExampleReader.Sink() {
                @Override
                public void row(Row row, Format format, boolean usual) {
                  try {
                    rows.add(row);
                  } catch (RowRefused e) {
                    refused(e.at(file.toString(), row.number(), ""));
                  }
                }

                @Override
                public void refused(Refusal refusal) {
                  count[0]++;
                  refused.add(refusal.file(), refusal.row(), refusal.words());
                }
              });
    }
    if (count[0] > 0) {
      String words = count[0] + " rows have no answer to score:" + refused.indented(2);
      if (rows.numbers.isEmpty()) {
        throw new LuthierException(words);
      }
      console.err().println("warning: " + words);
    }
  }

  /** What is scored, and how it is told. */
  private final class Rows {
    private final RewardModel scorer;
    private final List<Integer> numbers = new ArrayList<>();
    private final List<Boolean> pairs = new ArrayList<>();
    private final List<TokenSequence> answers = new ArrayList<>();

    Rows(RewardModel scorer) {
      this.scorer = scorer;
    }

    void add(Row row) {
      if (row.example() instanceof Example.Preference pair) {
        TokenSequence chosen = scorer.encode(row.number(), pair.chosen());
        answers.add(chosen);
        answers.add(scorer.encode(row.number(), pair.rejected()));
      } else if (row.example() instanceof Example.Unpaired one) {
        answers.add(scorer.encode(row.number(), one.answer()));
      } else {
        answers.add(scorer.encode(row.number(), row.example()));
      }
      numbers.add(row.number());
      pairs.add(row.example() instanceof Example.Preference);
    }

    void print() {
      double[] scores = scorer.scores(answers);
      List<Double> apart = new ArrayList<>();
      int at = 0;
      for (int i = 0; i < numbers.size(); i++) {
        ObjectNode line = Json.object().put("row", numbers.get(i));
        if (pairs.get(i)) {
          double chosen = scores[at++];
          double rejected = scores[at++];
          apart.add(chosen - rejected);
          line.put("chosen", chosen).put("rejected", rejected);
          text("%d\tchosen %.4f\trejected %.4f%n", numbers.get(i), chosen, rejected);
        } else {
          line.put("score", scores[at]);
          text("%d\t%.4f%n", numbers.get(i), scores[at++]);
        }
        if (json.json) {
          console.out().println(line);
        }
      }
      if (!apart.isEmpty()) {
        summary(PairwiseAccuracy.of(apart.stream().mapToDouble(d -> d).toArray()), apart.size());
      }
    }

    private void summary(PairwiseAccuracy a, int count) {
      if (json.json) {
        console
            .out()
            .println(
                Json.object()
                    .put("pairs", count)
                    .put("accuracy", a.accuracy())
                    .put("accuracy_low", a.low())
                    .put("accuracy_high", a.high())
                    .put("calibration_error", a.calibrationError()));
      }
      text(
          "accuracy %.4f of %d pairs (95 %% interval %.4f to %.4f), calibration error %.4f%n",
          a.accuracy(), count, a.low(), a.high(), a.calibrationError());
    }

    private void text(String format, Object... values) {
      if (!json.json) {
        console.out().printf(Locale.ROOT, format, values);
      }
    }
  }
}
