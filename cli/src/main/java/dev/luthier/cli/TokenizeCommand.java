package dev.luthier.cli;

import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier tokenize}: the ids of a text. */
@Command(
    name = "tokenize",
    description = "Prints the token ids of a text, special tokens added as the model adds them.",
    footer = {"", "Example:", "  luthier tokenize --model my-base --text \"Hello there.\""})
final class TokenizeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The model's folder.")
  private Path model = Path.of("");

  @Option(names = "--text", paramLabel = "TEXT", description = "The text.")
  private Optional<String> text = Optional.empty();

  @Option(names = "--file", paramLabel = "FILE", description = "A UTF-8 file, instead of --text.")
  private Optional<Path> file = Optional.empty();

  TokenizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Flags.exactlyOne("--text", text, "--file", file);
    String read = text.orElseGet(() -> TextFiles.read(file.orElseThrow()));
    int[] ids = Tokenizer.load(model).encodeIds(read, true);
    if (json.json) {
      console.json(Map.of("ids", ids));
    } else {
      console
          .out()
          .println(Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
    }
    return Program.DONE;
  }
}
