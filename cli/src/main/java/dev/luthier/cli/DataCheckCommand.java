package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.data.check.AuditJson;
import dev.luthier.data.check.AuditPage;
import dev.luthier.data.check.AuditReport;
import dev.luthier.data.check.AuditText;
import dev.luthier.format.AtomicFile;
import dev.luthier.recipe.data.CheckRun;
import dev.luthier.recipe.data.CheckSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier data check}: what is wrong with a set, before a run. */
@Command(
    name = "check",
    description = {
      "Audits a whole training set against a model: what would spoil a run, with row numbers and"
          + " what to do. Exit code 1 if something would."
    },
    footer = {
      "",
      "Example:",
      "  luthier data check --model my-base --data rows.jsonl",
      "  luthier data check --model my-base --data 'exports/*.parquet' \\",
      "      --eval-data held.jsonl",
      "  luthier data check --model my-base --data rows.csv \\",
      "      --set data.columns.prompt=Frage \\",
      "      --set data.columns.completion=Antwort --json",
      "",
      "'luthier config data-check' prints every setting."
    })
final class DataCheckCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final DataOptions options = new DataOptions();

  @Option(
      names = "--eval-data",
      arity = "1..*",
      paramLabel = "FILE",
      description = "Evaluation rows, which the set must not contain.")
  private List<Path> evalData = new ArrayList<>();

  @Option(names = "--by", paramLabel = "COLUMN", description = "Look at this column's balance.")
  private Optional<String> by = Optional.empty();

  @Option(names = "--html", paramLabel = "FILE", description = "Write the report as a page, too.")
  private Optional<Path> html = Optional.empty();

  DataCheckCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CheckSettings bound =
        options
            .settings("inputs")
            .set("evaluation", Lists.flag(evalData), "--eval-data")
            .set("by", by, "--by")
            .bind(CheckSettings.class);
    html.ifPresent(DataCheckCommand::checkFolder);
    return DataWork.show(console, (progress, cancelled) -> CheckRun.run(bound, progress, cancelled))
        .map(this::told)
        .orElse(Program.INTERRUPTED);
  }

  private int told(AuditReport report) {
    if (json.json) {
      console.out().println(AuditJson.of(report));
    } else {
      console.out().print(new AuditText(console.colours()).render(report));
    }
    html.ifPresent(file -> write(report, file));
    return report.spoilt() ? Program.FAILED : Program.DONE;
  }

  /** Told before the audit, which may take long. */
  private static void checkFolder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new LuthierException("--html " + file + ": its folder does not exist.");
    }
  }

  private void write(AuditReport report, Path file) {
    AtomicFile.writeText(file, AuditPage.render(report));
    console.err().println("wrote " + file.toAbsolutePath().normalize().toUri());
  }
}
