package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.RowLines;
import dev.luthier.data.labels.LabelFiles;
import dev.luthier.data.labels.LabelTexts;
import dev.luthier.data.labels.LabelledRow;
import dev.luthier.eval.labels.Answer;
import dev.luthier.eval.labels.Classifier;
import dev.luthier.model.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier classify}: labels of texts. */
@Command(
    name = "classify",
    description = {
      "Labels texts with a model that was trained to.",
      "Prints the likeliest labels with their probabilities, a model's numbers, or the entities of a"
          + " model that labels words."
    },
    footer = {
      "",
      "Example:",
      "  luthier classify --model sentiment --text \"What a fine film.\"",
      "  luthier classify --model bert --adapter sentiment --input reviews.csv --json",
      "  luthier classify --model topics --input a.jsonl --columns text=body --top 3"
    })
final class ClassifyCommand implements Callable<Integer> {
  private static final int SHOWN = 60;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(names = "--text", paramLabel = "TEXT", description = "A text; may be given repeatedly.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "Rows with a column text (and text2, or tokens): JSONL, CSV, Parquet, ...")
  private Optional<Path> input = Optional.empty();

  @Option(
      names = "--columns",
      paramLabel = "OURS=THEIRS",
      split = ",",
      description = "What the file calls the columns, such as text=review.")
  private Map<String, String> columns = new LinkedHashMap<>();

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "So many labels of each text; 1 by default, with --json all.")
  private Optional<Integer> top = Optional.empty();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Texts that go through the model together; 16 by default.")
  private int batchSize = 16;

  ClassifyCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (texts.isEmpty() == input.isEmpty()) {
      throw new UsageException("give either --text TEXT or --input FILE");
    }
    if (batchSize < 1 || top.filter(n -> n < 1).isPresent()) {
      throw new UsageException("--batch-size and --top must be at least 1");
    }
    Classifier classifier =
        new Classifier(model.load(machine, console), model.language(true).tokenizer(), named());
    boolean byWord = classifier.problem() == Problem.TOKENS;
    Batches batches = new Batches(classifier);
    if (input.isEmpty()) {
      for (int i = 0; i < texts.size(); i++) {
        if (texts.get(i).isBlank()) {
          throw new UsageException("--text is empty");
        }
        batches.add(i + 1, LabelTexts.of(texts.get(i), byWord));
      }
      batches.flush();
    } else {
      read(input.get(), batches, byWord);
    }
    batches.tellCut();
    return Program.DONE;
  }

  private String named() {
    return model.adapter.map(a -> model.model + " with " + a).orElse(model.model.toString());
  }

  private void read(Path path, Batches batches, boolean byWord) {
    RowLines refused = new RowLines(SHOWN);
    int[] count = {0};
    LabelTexts.read(
        LabelFiles.of(path, true),
        columns,
        byWord,
        batches::add,
        refusal -> {
          count[0]++;
          refused.add(refusal.file(), refusal.row(), refusal.words());
        });
    batches.flush();
    if (count[0] > 0) {
      String words = count[0] + " rows have no text to label:" + refused.indented(2);
      if (batches.done == 0) {
        throw new LuthierException(
            words + "\nName the column that holds it with --columns text=NAME.");
      }
      console.err().println("warning: " + words);
    }
  }

  /** Texts on their way through the model. */
  private final class Batches {
    private final Classifier classifier;
    private final List<Integer> numbers = new ArrayList<>();
    private final List<LabelledRow> rows = new ArrayList<>();
    private long done;
    private long cutRows;
    private long cutTokens;

    Batches(Classifier classifier) {
      this.classifier = classifier;
    }

    void add(int number, LabelledRow row) {
      numbers.add(number);
      rows.add(row);
      if (rows.size() == batchSize) {
        flush();
      }
    }

    void flush() {
      if (rows.isEmpty()) {
        return;
      }
      List<Answer> answers = classifier.answers(rows);
      for (int i = 0; i < answers.size(); i++) {
        Answer answer = answers.get(i);
        cutRows += answer.cut() > 0 ? 1 : 0;
        cutTokens += answer.cut();
        if (json.json) {
          console.json(AnswerText.fields(numbers.get(i), answer, classifier.problem(), top));
        } else {
          console.out().println(AnswerText.line(rows.get(i), answer, classifier.problem(), top));
        }
      }
      done += rows.size();
      rows.clear();
      numbers.clear();
    }

    void tellCut() {
      if (cutRows > 0) {
        console
            .err()
            .println(
                String.format(
                    Locale.ROOT,
                    "warning: %,d of %,d texts are longer than the model reads; %,d tokens at their"
                        + " ends were left out",
                    cutRows,
                    done,
                    cutTokens));
      }
    }
  }
}
