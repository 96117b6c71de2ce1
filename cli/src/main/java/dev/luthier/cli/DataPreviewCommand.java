package dev.luthier.cli;

import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.data.Preview;
import dev.luthier.data.PreviewText;
import dev.luthier.data.RowEncoder;
import dev.luthier.recipe.PreviewSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.NewTokens;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier data preview}: rows as they will be trained. */
@Command(
    name = "preview",
    description = {
      "Shows rows as they will be trained, trained text in green (or in ⟦ ⟧ where there are no"
          + " colours), and what becomes of all rows."
    },
    footer = {"", "Example:", "  luthier data preview --model my-base --data rows.jsonl --rows 3"})
final class DataPreviewCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The model's folder.")
  private Path model = Path.of("");

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "A file, folder or glob of rows.")
  private Path data = Path.of("");

  @Option(names = "--rows", paramLabel = "N", description = "Rows to show; 5 by default.")
  private int rows = 5;

  @Option(names = "--ids", description = "Show each row's token ids too.")
  private boolean ids;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting of data or tokens, such as data.maxLength=512.")
  private List<String> set = new ArrayList<>();

  DataPreviewCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = new Settings().set("data.train", data.toString(), "--data");
    set.forEach(settings::set);
    PreviewSettings bound = settings.bind(PreviewSettings.class);
    DataSettings chosen = bound.data();
    Tokenizer tokenizer = NewTokens.extend(model, bound.tokens().add()).tokenizer();
    RowEncoder encoder =
        ModelInput.of(model, tokenizer)
            .encoder(ChatTemplates.encoder(tokenizer, chosen.template()), chosen, Set.of());
    Preview preview = Preview.of(DataPipeline.of(encoder, chosen), data, rows);
    console.out().print(new PreviewText(console.colours(), ids).render(preview));
    return Program.DONE;
  }
}
