package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.tokenizer.ChatTemplate;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.TemplateInput;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier template render}: a conversation as the model reads it. */
@Command(
    name = "render",
    description = "Prints a conversation as a chat template writes it, byte for byte.",
    footer = {"", "Example:", "  luthier template render --model my-base --messages chat.json"})
final class TemplateRenderCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();

  @Option(names = "--model", paramLabel = "DIR", description = "The folder with the template.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--template",
      paramLabel = "FILE|NAME",
      description = "A Jinja file or a built-in template, instead of --model.")
  private Optional<String> template = Optional.empty();

  @Option(
      names = "--messages",
      required = true,
      paramLabel = "FILE",
      description = "JSON: a list of messages, or an object that holds one.")
  private Path messages = Path.of("");

  @Option(names = "--tools", paramLabel = "FILE", description = "JSON: a list of tool schemas.")
  private Optional<Path> tools = Optional.empty();

  @Option(names = "--generation-prompt", description = "End where the assistant starts to speak.")
  private boolean generationPrompt;

  @Option(names = "--bos", paramLabel = "TEXT", description = "The template's bos_token.")
  private Optional<String> bos = Optional.empty();

  @Option(names = "--eos", paramLabel = "TEXT", description = "The template's eos_token.")
  private Optional<String> eos = Optional.empty();

  TemplateRenderCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Flags.exactlyOne("--model", model, "--template", template);
    Map<String, String> tokens = new LinkedHashMap<>();
    String source;
    if (model.isPresent()) {
      Tokenizer tokenizer = Tokenizer.load(model.get());
      tokens.putAll(tokenizer.specialTokensForTemplate());
      source =
          tokenizer
              .chatTemplateSource(tools.isPresent())
              .orElseThrow(
                  () ->
                      new LuthierException(
                          model.get() + ": has no chat template; name one with --template FILE"));
    } else {
      source =
          template
              .flatMap(ChatTemplates::source)
              .orElseThrow(
                  () -> new UsageException("--template: expected a file or a built-in template"));
    }
    bos.ifPresent(text -> tokens.put("bos_token", text));
    eos.ifPresent(text -> tokens.put("eos_token", text));
    TemplateInput input =
        TemplateInput.of(JsonFiles.objects(messages, "messages"))
            .withSpecialTokens(tokens)
            .withGenerationPrompt(generationPrompt);
    if (tools.isPresent()) {
      List<Map<String, ?>> schemas = JsonFiles.objects(tools.get(), "tools");
      input = input.withTools(schemas);
    }
    // No newline of our own: what is printed is what would be tokenized.
    console.out().print(ChatTemplate.of(source).render(input).text());
    return Program.DONE;
  }
}
