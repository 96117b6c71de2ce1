package dev.luthier.cli;

import dev.luthier.format.ByteSize;
import dev.luthier.hub.FileChoice;
import dev.luthier.hub.Hub;
import dev.luthier.hub.HubReference;
import dev.luthier.hub.Snapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code luthier pull}: a repository of the hub into the cache. */
@Command(
    name = "pull",
    description =
        "Downloads a model, an adapter or a data set from the Hugging Face Hub into the cache that"
            + " Python's tools share, or asks what is new there.",
    footer = {
      "",
      "Example:",
      "  luthier pull HuggingFaceTB/SmolLM-135M",
      "  luthier pull org/name@v1.0 --to my-base",
      "  luthier pull org/rows --dataset --include 'data/*.parquet'",
      "",
      "'--model org/name' does the same once, where the cache does not have it."
    })
final class PullCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final HubOptions hub = new HubOptions();

  @Parameters(paramLabel = "ID", description = "org/name or org/name@revision.")
  private String id = "";

  @Option(
      names = "--include",
      paramLabel = "GLOB",
      description = "Only files that match, instead of those that are commonly wanted.")
  private List<String> include = new ArrayList<>();

  @Option(names = "--exclude", paramLabel = "GLOB", description = "Not those that match.")
  private List<String> exclude = new ArrayList<>();

  @Option(names = "--to", paramLabel = "DIR", description = "Copy the files into this folder, too.")
  private Optional<Path> to = Optional.empty();

  PullCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    HubReference reference = hub.reference(id);
    FileChoice common =
        reference
            .files()
            .map(FileChoice::glob)
            .orElseGet(() -> hub.dataset ? new DataSetFiles(Optional.empty()) : FileChoice.model());
    Snapshot snapshot;
    try (HubProgress progress = new HubProgress(console)) {
      snapshot =
          new Hub(hub.settings(console), progress)
              .pull(reference, FileChoice.listed(include, exclude, common));
    }
    to.ifPresent(folder -> Hub.copy(snapshot, folder));
    if (json.json) {
      console.json(fields(snapshot));
    } else {
      print(reference, snapshot);
    }
    return Program.DONE;
  }

  private Map<String, Object> fields(Snapshot snapshot) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", snapshot.repo().id());
    out.put("commit", snapshot.commit());
    out.put("folder", to.orElse(snapshot.folder()).toString());
    out.put("files", snapshot.files().size());
    out.put("bytes", snapshot.bytes());
    return out;
  }

  private void print(HubReference reference, Snapshot snapshot) {
    console
        .out()
        .println(
            reference.repo().id()
                + "@"
                + snapshot.commit()
                + ": "
                + snapshot.files().size()
                + " files, "
                + ByteSize.words(snapshot.bytes()));
    console.out().println("in " + to.orElse(snapshot.folder()));
    String name = to.map(Path::toString).orElse(reference.toString());
    console.out().println("use it:\n  --" + (hub.dataset ? "data " : "model ") + name);
  }
}
