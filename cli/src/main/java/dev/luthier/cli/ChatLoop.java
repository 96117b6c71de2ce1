package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.generate.ChatSession;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generation;
import dev.luthier.generate.StopReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.Optional;

/** Reads lines and answers them until there are no more. */
final class ChatLoop {
  private static final String COMMANDS =
      """
      /system TEXT  what the system says; begins the conversation anew (no TEXT: nothing)
      /reset        begins the conversation anew
      /exit         leaves, as Ctrl-D does
      /help         this list
      A turn that begins with / is said with a space before it. Ctrl-C stops an answer.\
      """;

  private final Console console;
  private final ChatSession session;
  private final GenerateSettings settings;
  private final AnswerInterrupt interrupt;
  private Optional<String> system = Optional.empty();
  private boolean failed;

  ChatLoop(
      Console console, ChatSession session, GenerateSettings settings, AnswerInterrupt interrupt) {
    this.console = console;
    this.session = session;
    this.settings = settings;
    this.interrupt = interrupt;
  }

  /**
   * Talks until the input ends or {@code /exit}.
   *
   * @return 0, or 1 when a turn was refused
   */
  int run(BufferedReader in, Optional<String> first) throws IOException {
    begin(first);
    prompt();
    String line = in.readLine();
    while (line != null && !line.strip().equals("/exit")) {
      take(line);
      prompt();
      line = in.readLine();
    }
    if (line == null && console.outIsTerminal()) {
      console.out().println();
    }
    return failed ? Program.FAILED : Program.DONE;
  }

  private void prompt() {
    if (console.outIsTerminal()) {
      console.out().print("> ");
      console.out().flush();
    }
  }

  private void take(String line) {
    String[] words = line.strip().split("\\s+", 2);
    if (!line.startsWith("/")) {
      if (!line.isBlank()) {
        answer(line.strip());
      }
      return;
    }
    switch (words[0]) {
      case "/system" -> begin(words.length > 1 ? Optional.of(words[1]) : Optional.empty());
      case "/reset" -> begin(system);
      case "/help" -> console.err().println(COMMANDS);
      default -> console.err().println(words[0] + " is no command; /help lists them");
    }
  }

  private void begin(Optional<String> says) {
    system = says;
    session.clear();
    says.ifPresent(text -> session.add("system", text));
  }

  private void answer(String user) {
    interrupt.answering();
    try {
      Generation answer =
          session.reply(
              user,
              settings,
              (request, id, text) -> {
                console.out().print(text);
                console.out().flush();
              },
              interrupt);
      console.out().println();
      if (answer.stopReason() != StopReason.STOP) {
        console.err().println("[" + why(answer) + "]");
      }
    } catch (LuthierException e) {
      failed = true;
      console.err().println("error: " + e.getMessage() + " (/reset begins anew)");
    } finally {
      interrupt.listening();
    }
  }

  private static String why(Generation answer) {
    return switch (answer.stopReason()) {
      case LENGTH -> "cut off after " + answer.tokens().length + " tokens; see --max-new-tokens";
      case CONTEXT -> "the model's context is full; /reset begins anew";
      case CANCELLED -> "stopped";
      case STOP -> "";
    };
  }
}
