package dev.luthier.hub;

import dev.luthier.generate.GenerateListener;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generation;
import dev.luthier.generate.Generator;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.generate.StopReason;
import dev.luthier.tokenizer.ChatEncoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A model that runs here, asked in the words of its chat template; without one it continues the
 * messages' plain text. One request at a time, so that an answer depends on its request alone: the
 * rounding of products over several rows would not.
 */
public final class ModelWriter implements TextWriter {
  private final Generator generator;
  private final Optional<ChatEncoder> chat;
  private final String name;

  /**
   * @param chat the model's template, if it has one
   * @param name what provenance calls the model, such as its files' hash
   */
  public ModelWriter(Generator generator, Optional<ChatEncoder> chat, String name) {
    this.generator = generator;
    this.chat = chat;
    this.name = name;
  }

  /**
   * @throws RequestRefused when the model's context has no room for an answer
   */
  @Override
  public synchronized Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
    int[] prompt = prompt(request.messages());
    int context = generator.model().shape().maxPositions();
    if (prompt.length >= context) {
      throw new RequestRefused(
          "a prompt has "
              + prompt.length
              + " tokens, and the model's context of "
              + context
              + " leaves no room for an answer: ask with fewer or shorter examples"
              + " (--set ask.seedTasks=..., --set ask.chunkChars=...), or use another model");
    }
    SamplingSettings sampling =
        SamplingSettings.sampling(request.temperature()).withLimits(0, request.topP(), 0);
    Generation generation =
        generator.generate(
            new GenerateRequest(
                prompt,
                new GenerateSettings(
                    request.maxTokens(), sampling, List.of(), request.seed(), false)),
            GenerateListener.NONE,
            stop);
    if (generation.stopReason() == StopReason.CANCELLED) {
      return Optional.empty();
    }
    return Optional.of(
        new Reply(
            generation.text(),
            generation.promptTokens(),
            generation.tokens().length,
            generation.stopReason() != StopReason.STOP));
  }

  private int[] prompt(List<Message> messages) {
    if (chat.isPresent()) {
      return chat.get()
          .prompt(
              messages.stream().map(m -> Map.of("role", m.role(), "content", m.content())).toList(),
              List.of());
    }
    String text = messages.stream().map(Message::content).collect(Collectors.joining("\n\n"));
    return generator.tokenizer().encodeIds(text + "\n", true);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<String> host() {
    return Optional.empty();
  }

  @Override
  public int parallel() {
    return 1;
  }
}
