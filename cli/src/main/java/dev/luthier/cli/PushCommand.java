package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.format.ByteSize;
import dev.luthier.hub.HubPush;
import dev.luthier.hub.HubReference;
import dev.luthier.hub.HubSettings;
import dev.luthier.hub.LocalFile;
import dev.luthier.hub.PushChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code luthier push}: a folder into a repository of the hub. */
@Command(
    name = "push",
    description =
        "Uploads an adapter, a model or a data set to the Hugging Face Hub, in one commit. The"
            + " repository is made if it is not there; what it has is not sent again.",
    footer = {
      "",
      "Example:",
      "  luthier push my-adapter org/my-adapter --private",
      "  luthier push my-model org/my-model@v2 --message 'Trained on more rows'",
      "  luthier push my-set org/my-set --dataset --dry-run",
      "",
      "The token is taken from HF_TOKEN or from where 'hf auth login' puts it."
    })
final class PushCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final HubOptions hub = new HubOptions();

  @Parameters(index = "0", paramLabel = "DIR", description = "The folder.")
  private Path folder = Path.of("");

  @Parameters(index = "1", paramLabel = "ID", description = "org/name or org/name@branch.")
  private String id = "";

  @Option(
      names = "--private",
      description = "A repository that is made is seen by its owner alone.")
  private boolean isPrivate;

  @Option(
      names = "--message",
      paramLabel = "TEXT",
      description = "The commit's message; \"${DEFAULT-VALUE}\" by default.")
  private String message = "Upload with Luthier";

  @Option(
      names = "--include",
      paramLabel = "GLOB",
      description = "Only files that match, instead of what is commonly wanted.")
  private List<String> include = new ArrayList<>();

  @Option(names = "--exclude", paramLabel = "GLOB", description = "Not those that match.")
  private List<String> exclude = new ArrayList<>();

  @Option(names = "--dry-run", description = "Say what would be sent, and change nothing.")
  private boolean dryRun;

  PushCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    HubReference to = hub.reference(id);
    if (to.files().isPresent()) {
      throw new UsageException(id + " names files: a folder is pushed to a whole repository");
    }
    HubSettings settings = hub.settings(console);
    List<LocalFile> files = PushChoice.of(folder, to.repo().kind(), include, exclude);
    try (HubProgress progress = new HubProgress(console)) {
      HubPush push = new HubPush(settings, progress);
      if (dryRun) {
        told(to, push.plan(files, to));
      } else {
        told(to, push.push(files, to, isPrivate, message));
      }
    }
    return Program.DONE;
  }

  private void told(HubReference to, HubPush.Plan plan) {
    if (json.json) {
      console.json(fields(to, plan));
      return;
    }
    plan.send().forEach(f -> console.out().println(f.path() + "  " + ByteSize.words(f.size())));
    console
        .out()
        .println(
            plan.send().size()
                + " files, "
                + ByteSize.words(plan.bytes())
                + ", would go to "
                + to
                + (plan.head().isEmpty() ? ", which would be made" : "")
                + "; "
                + plan.unchanged()
                + " are there");
  }

  private void told(HubReference to, HubPush.Result result) {
    HubPush.Plan plan = result.plan();
    if (json.json) {
      Map<String, Object> out = fields(to, plan);
      out.put("commit", result.commit());
      out.put("url", result.url());
      console.json(out);
      return;
    }
    console
        .out()
        .println(
            plan.send().isEmpty()
                ? "nothing to push: " + to + " has all " + plan.unchanged() + " files"
                : plan.send().size()
                    + " files, "
                    + ByteSize.words(plan.bytes())
                    + ", in commit "
                    + result.commit());
    console.out().println(result.url());
  }

  private static Map<String, Object> fields(HubReference to, HubPush.Plan plan) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", to.repo().id());
    out.put("revision", to.revision());
    out.put("sent", plan.send().stream().map(LocalFile::path).toList());
    out.put("bytes", plan.bytes());
    out.put("unchanged", plan.unchanged());
    return out;
  }
}
