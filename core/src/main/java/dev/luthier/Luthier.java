package dev.luthier;

import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineListener;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Encoding;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model to talk to, in one line:
 *
 * <pre>{@code
 * try (Luthier model = Luthier.load(Path.of("my-model"))) {
 *   System.out.println(model.chat("Why is the sky blue?"));
 * }
 * }</pre>
 *
 * <p>For any number of threads, whose requests run together; behind it is the engine of {@code
 * luthier serve}. Adapters share the model: {@link #adapter} gives one to talk to.
 */
public final class Luthier implements AutoCloseable {
  private static final int LONGEST = 512;

  private final Engine engine;
  private final Optional<String> adapter;
  private final Optional<GenerateSettings> settings;

  private Luthier(Engine engine, Optional<String> adapter, Optional<GenerateSettings> settings) {
    this.engine = engine;
    this.adapter = adapter;
    this.settings = settings;
  }

  /**
   * Loads a model's folder.
   *
   * @throws LuthierException if it is not a model that writes text
   */
  public static Luthier load(Path model) {
    return load(EngineSettings.of(model));
  }

  /** Loads a model, its adapters, and all else as the settings say. */
  public static Luthier load(EngineSettings settings) {
    return new Luthier(Engines.open(settings), Optional.empty(), Optional.empty());
  }

  /**
   * The model under an adapter, which is loaded on first use under the folder's path. It is closed
   * with the model.
   *
   * @throws LuthierException if it does not fit
   */
  public Luthier adapter(Path folder) {
    String name = folder.toString();
    synchronized (engine) {
      if (engine.adapters().stream().noneMatch(a -> a.name().equals(name))) {
        engine.loadAdapter(name, folder);
      }
    }
    return new Luthier(engine, Optional.of(name), settings);
  }

  /** The same model, answering by these settings; else by those that its files recommend. */
  public Luthier with(GenerateSettings how) {
    return new Luthier(engine, adapter, Optional.of(how));
  }

  /** The answer to a message. */
  public String chat(String message) {
    return chat(message, piece -> {});
  }

  /**
   * The answer to a message.
   *
   * @param pieces hears the text as it comes, on the engine's thread
   */
  public String chat(String message, Consumer<String> pieces) {
    Map<String, @Nullable Object> user = new LinkedHashMap<>();
    user.put("role", "user");
    user.put("content", message);
    return chat(List.of(user), pieces);
  }

  /**
   * The answer to a conversation.
   *
   * @param messages of {@code role} and {@code content}, oldest first
   * @throws LuthierException if the model has no chat template, or refuses the conversation
   */
  public String chat(List<Map<String, @Nullable Object>> messages, Consumer<String> pieces) {
    ChatEncoder encoder =
        language()
            .chat()
            .orElseThrow(
                () ->
                    new LuthierException(
                        "the model has no chat template: use complete(), or a model that was"
                            + " trained to chat"));
    return answer(encoder.prompt(messages, List.of()), pieces);
  }

  /** What follows a text. */
  public String complete(String text) {
    return complete(text, piece -> {});
  }

  /**
   * What follows a text.
   *
   * @param pieces hears it as it comes, on the engine's thread
   */
  public String complete(String text, Consumer<String> pieces) {
    Encoding prompt = language().tokenizer().encode(text, true);
    return answer(prompt.ids(), pieces);
  }

  private String answer(int[] prompt, Consumer<String> pieces) {
    Waiting waiting = new Waiting(pieces);
    SamplingSettings recommended = language().defaults().sampling();
    GenerateSettings how =
        settings.orElseGet(() -> GenerateSettings.greedy(LONGEST).withSampling(recommended));
    engine.submit(new EngineRequest(prompt, how, adapter, -1, Optional.empty()), waiting);
    try {
      return waiting.answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LuthierException own) {
        throw own;
      }
      throw e;
    }
  }

  private ModelLanguage language() {
    return engine.language(adapter);
  }

  /** The engine behind it, for all else that it can do. */
  public Engine engine() {
    return engine;
  }

  @Override
  public void close() {
    engine.close();
  }

  private static final class Waiting implements EngineListener {
    private final Consumer<String> pieces;
    private final CompletableFuture<String> answer = new CompletableFuture<>();

    Waiting(Consumer<String> pieces) {
      this.pieces = pieces;
    }

    @Override
    public void token(ScoredToken token, String text) {
      if (!text.isEmpty()) {
        pieces.accept(text);
      }
    }

    @Override
    public void ended(Answer all) {
      if (!all.rest().isEmpty()) {
        pieces.accept(all.rest());
      }
      answer.complete(all.text());
    }

    @Override
    public void failed(LuthierException problem) {
      answer.completeExceptionally(problem);
    }
  }
}
