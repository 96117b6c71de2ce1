package dev.luthier.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one row of a data file says, before it becomes tokens. */
public sealed interface Example {
  /** The format's name, for messages. */
  default String kind() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Plain text: every token is trained. */
  record Text(String text) implements Example {}

  /**
   * A prompt, which is read, and a completion, which is trained, both plain strings. With a chat
   * template the prompt becomes the user's turn and the completion the assistant's; without one the
   * two are tokenized apart and joined, and the end-of-text token is appended.
   */
  record PromptCompletion(String prompt, String completion) implements Example {
    /** The same as a conversation of two turns. */
    public Chat asChat() {
      return new Chat(
          List.of(Chat.message("user", prompt), Chat.message("assistant", completion)),
          List.of(),
          0);
    }
  }

  /**
   * An Alpaca row: {@code instruction}, {@code input} (may be empty), {@code output}, and, where
   * the file has them, {@code system} and earlier exchanges. How it is written depends on whether
   * the model has a chat template.
   *
   * @param history earlier exchanges, each a user's turn and the answer to it
   */
  record Instruction(
      String instruction, String input, String output, String system, List<Exchange> history)
      implements Example {
    public Instruction {
      history = List.copyOf(history);
    }

    /** One earlier question and its answer. */
    public record Exchange(String user, String assistant) {}

    /** For a model with a chat template: instruction, blank line, input as the user's turn. */
    public Chat asChat() {
      List<Map<String, @Nullable Object>> messages = new ArrayList<>();
      if (!system.isEmpty()) {
        messages.add(Chat.message("system", system));
      }
      for (Exchange exchange : history) {
        messages.add(Chat.message("user", exchange.user()));
        messages.add(Chat.message("assistant", exchange.assistant()));
      }
      messages.add(
          Chat.message("user", input.isEmpty() ? instruction : instruction + "\n\n" + input));
      messages.add(Chat.message("assistant", output));
      return new Chat(messages, List.of(), 0);
    }

    /**
     * For a model without one: the prompt that Stanford Alpaca was trained with. {@code system} and
     * {@code history}, which that prompt has no place for, stand before it as plain paragraphs.
     */
    public PromptCompletion asPrompt() {
      StringBuilder prompt = new StringBuilder();
      if (!system.isEmpty()) {
        prompt.append(system).append("\n\n");
      }
      for (Exchange exchange : history) {
        prompt.append("### Instruction:\n").append(exchange.user());
        prompt.append("\n\n### Response:\n").append(exchange.assistant()).append("\n\n");
      }
      if (input.isEmpty()) {
        prompt.append(ALPACA).append(" Write a response that appropriately completes the request.");
      } else {
        prompt.append(ALPACA_WITH_INPUT);
      }
      prompt.append("\n\n### Instruction:\n").append(instruction);
      if (!input.isEmpty()) {
        prompt.append("\n\n### Input:\n").append(input);
      }
      return new PromptCompletion(prompt.append("\n\n### Response:\n").toString(), output);
    }

    private static final String ALPACA = "Below is an instruction that describes a task.";
    private static final String ALPACA_WITH_INPUT =
        "Below is an instruction that describes a task, paired with an input that provides further"
            + " context. Write a response that appropriately completes the request.";
  }

  /**
   * A conversation. Messages keep every key they had in the file ({@code role}, {@code content},
   * {@code tool_calls}, {@code reasoning_content}, ...), because only the model's template knows
   * which of them it reads. Which turns are trained is {@link TrainingPolicy}'s, with what {@link
   * TrainingMarks} messages carry.
   *
   * @param tools tool declarations, handed to the template; empty when there are none
   * @param trainFrom assistant turns before this index are context and not trained (the length of
   *     the prompt, where prompt and completion are lists of messages; otherwise 0)
   */
  record Chat(List<Map<String, @Nullable Object>> messages, List<Object> tools, int trainFrom)
      implements Example {
    public Chat {
      messages =
          messages.stream().map(m -> Collections.unmodifiableMap(new LinkedHashMap<>(m))).toList();
      tools = List.copyOf(tools);
    }

    /** A message of plain text. */
    public static Map<String, @Nullable Object> message(String role, String content) {
      Map<String, @Nullable Object> message = new LinkedHashMap<>();
      message.put("role", role);
      message.put("content", content);
      return message;
    }
  }

  /**
   * Two answers to one prompt, of which the first is preferred.
   *
   * @param chosen a {@link PromptCompletion} or {@link Chat}, from whose {@code trainFrom} on the
   *     answer stands
   * @param rejected of the same kind, with the same prompt
   */
  record Preference(Example chosen, Example rejected) implements Example {}

  /**
   * One answer and whether it is wanted.
   *
   * @param answer a {@link PromptCompletion} or {@link Chat}
   */
  record Unpaired(Example answer, boolean desirable) implements Example {}

  /**
   * A prompt and the steps of an answer, each right or wrong.
   *
   * @param completions the steps
   * @param labels whether each is right; as many as steps
   */
  record Stepwise(String prompt, List<String> completions, List<Boolean> labels)
      implements Example {
    public Stepwise {
      completions = List.copyOf(completions);
      labels = List.copyOf(labels);
    }
  }

  /** A text and its class. */
  record Labelled(String text, String label) implements Example {}
}
