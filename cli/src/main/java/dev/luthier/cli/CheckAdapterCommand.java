package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.export.AdapterCheck;
import dev.luthier.export.AdapterFinding;
import dev.luthier.export.AdapterVerdict;
import dev.luthier.export.Server;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code luthier check-adapter}: which servers take an adapter. */
@Command(
    name = "check-adapter",
    description =
        "Says which servers load an adapter as it is, and what to do about those that do not.",
    footer = {"", "Example:", "  luthier check-adapter my-adapter --for vllm,llama.cpp"})
final class CheckAdapterCommand implements Callable<Integer> {
  private static final int WIDTH = 80;
  private static final String INDENT = " ".repeat(14);

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Parameters(paramLabel = "DIR", description = "The PEFT adapter's folder.")
  private Path adapter = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Its base; by default the folder that the adapter names, if that is there.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--for",
      split = ",",
      paramLabel = "SERVER",
      description = "vllm, llama.cpp, ollama, tgi; all by default.")
  private List<String> servers = List.of();

  CheckAdapterCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<Server> wanted =
        servers.isEmpty()
            ? List.of(Server.values())
            : servers.stream().map(CheckAdapterCommand::server).toList();
    AdapterCheck check = AdapterCheck.of(adapter, model);
    List<AdapterVerdict> verdicts = check.verdicts(wanted);
    if (json.json) {
      console.json(check.toJson(adapter, wanted));
    } else {
      verdicts.forEach(this::print);
    }
    return verdicts.stream().anyMatch(AdapterVerdict::refuses) ? Program.FAILED : Program.DONE;
  }

  private static Server server(String name) {
    return Arrays.stream(Server.values())
        .filter(s -> s.toString().equals(name.strip().toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "--for "
                        + name
                        + ": expected some of "
                        + String.join(
                            ", ", Arrays.stream(Server.values()).map(Server::toString).toList())));
  }

  private void print(AdapterVerdict verdict) {
    console.out().printf("%-12s  %s%n", verdict.server(), verdict.words());
    for (AdapterFinding finding : verdict.findings()) {
      wrapped("- ", finding.reason());
      wrapped("  => ", finding.wayOut());
    }
  }

  /** Breaks lines at words, so that a terminal of 80 columns shows whole words. */
  private void wrapped(String mark, String text) {
    StringBuilder line = new StringBuilder(INDENT + mark);
    String rest = INDENT + " ".repeat(mark.length());
    int start = line.length();
    for (String word : text.split(" ", -1)) {
      if (line.length() > start && line.length() + 1 + word.length() > WIDTH) {
        console.out().println(line);
        line = new StringBuilder(rest);
        start = line.length();
      }
      line.append(line.length() > start ? " " : "").append(word);
    }
    console.out().println(line);
  }
}
