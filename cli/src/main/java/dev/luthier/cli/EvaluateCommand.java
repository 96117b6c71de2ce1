package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.MaskSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.data.Refusal;
import dev.luthier.eval.Evaluation;
import dev.luthier.eval.EvaluationData;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier evaluate}: how well a model gives the answers of a data file. */
@Command(
    name = "evaluate",
    description = {
      "Prints a model's loss, token accuracy and exact match on the answers of a data file.",
      "Exact match is the share of answers that it gives word for word. With an adapter, the model's"
          + " figures without it stand beside."
    },
    footer = {
      "",
      "Example:",
      "  luthier evaluate --model my-base --adapter my-adapter --data test.jsonl"
    })
final class EvaluateCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "Rows, as sft takes them.")
  private Path data = Path.of("");

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Rows at a time; ${DEFAULT-VALUE} by default.")
  private int batchSize = 8;

  @Option(names = "--raw", description = "Ask without the chat template.")
  private boolean raw;

  EvaluateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (batchSize < 1) {
      throw new UsageException("--batch-size is " + batchSize + "; use 1 or more");
    }
    ModelLanguage language = model.writing(raw);
    Transformer transformer = model.load(machine, console).transformer();
    ModelInput input = ModelInput.of(model.model, language.tokenizer());
    EvaluationData rows =
        EvaluationData.read(
            data,
            input.encoder(language.chat(), language.defaults().stopIds()),
            input.batches(1, MaskSettings.defaults(), 0),
            Format.AUTO,
            transformer.shape().maxPositions());
    for (Refusal refusal : rows.report().refused()) {
      console.err().println("left out: " + refusal.line());
    }
    Map<String, Evaluation> results = new LinkedHashMap<>();
    results.put(
        model.adapter.isPresent() ? "adapter" : "model", evaluate(transformer, rows, language));
    if (model.adapter.isPresent()) {
      // Two copies of the weights need not exist at once.
      transformer.parameters().all().values().forEach(Tensors::release);
      results.put("base", evaluate(model.loadBase(machine).transformer(), rows, language));
    }
    if (json.json) {
      console.json(EvaluationTable.json(results));
    } else {
      console.out().print(EvaluationTable.text(results));
    }
    return Program.DONE;
  }

  private Evaluation evaluate(
      Transformer transformer, EvaluationData rows, ModelLanguage language) {
    Generator generator =
        new Generator(transformer, language.tokenizer(), language.defaults().stopIds());
    return Evaluation.of(generator, rows, batchSize, new CountProgress(console), () -> false);
  }
}
