package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.generate.ChatSession;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.tokenizer.ChatEncoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier chat}: a conversation. */
@Command(
    name = "chat",
    description = {
      "Talks with a model: one line is one turn, the answer is printed as it comes.",
      "/system TEXT, /reset, /exit and /help are commands. Ctrl-C stops an answer, Ctrl-D leaves."
    },
    footer = {"", "Example:", "  luthier chat --model my-base --adapter my-adapter"})
final class ChatCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final SamplingOptions sampling = new SamplingOptions();

  @Option(names = "--system", paramLabel = "TEXT", description = "What the system says first.")
  private Optional<String> system = Optional.empty();

  ChatCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    ModelLanguage language = model.writing(false);
    ChatEncoder encoder =
        language
            .chat()
            .orElseThrow(
                () ->
                    new LuthierException(
                        model.model
                            + " has no chat template, so it cannot be talked with; luthier"
                            + " generate --prompt continues a text"));
    GenerateSettings settings = sampling.settings(language.defaults().sampling());
    try (ChatSession session =
            new ChatSession(model.generator(machine, language, console), encoder, List.of());
        AnswerInterrupt interrupt = new AnswerInterrupt();
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      return new ChatLoop(console, session, settings, interrupt).run(in, system);
    }
  }
}
