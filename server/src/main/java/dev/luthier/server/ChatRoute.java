package dev.luthier.server;

import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineRequest;
import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code POST /v1/chat/completions}. */
final class ChatRoute {
  private static final int MOST_LOGPROBS = 20;

  private final Serving serving;

  ChatRoute(Serving serving) {
    this.serving = serving;
  }

  void answer(Context ctx) {
    try (Serving.Room room = serving.enter()) {
      Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
      Engine engine = serving.engine();
      if (!engine.writesText()) {
        throw ApiException.invalid(
            "model",
            "the model writes no text: ask it for embeddings."
                + " See docs/troubleshooting.md#writes-no-text");
      }
      Optional<String> adapter = serving.adapter(request);
      Speech speech = serving.speech(engine, adapter);
      FormFields form = new FormFields(request, speech);
      Supplier<Optional<TokenConstraint>> constraint = form.constraint();
      int[] prompt = prompt(request, speech.language(), !form.tools().isEmpty());
      int logprobs = logprobs(request);
      SamplingFields sampling = new SamplingFields(request, speech.language(), engine.vocabulary());
      List<EngineRequest> requests =
          sampling.settings(maxTokens(request, engine, prompt.length), sampling.choices()).stream()
              .map(each -> new EngineRequest(prompt, each, adapter, logprobs, constraint.get()))
              .toList();
      boolean stream = request.flag("stream").orElse(false);
      Answering.Ask ask =
          new Answering.Ask(
              serving.name(adapter),
              requests,
              requests.size(),
              stream,
              usage(request) && stream,
              speech.language().defaults().stopIds(),
              new ChatWording(speech, logprobs >= 0, form.tools()));
      new Answering(ctx, serving, ask).answer(engine);
    }
  }

  private static int[] prompt(Fields request, ModelLanguage language, boolean withTools) {
    List<Object> tools = Messages.tools(request);
    String text = new Messages(request).render(language, withTools ? tools : List.of(), true);
    return language.tokenizer().encodeRendered(text).ids();
  }

  /** How many alternatives; -1 for no log-probabilities. */
  private static int logprobs(Fields request) {
    boolean wanted = request.flag("logprobs").orElse(false);
    Optional<Integer> top = request.small("top_logprobs", 0, MOST_LOGPROBS);
    if (top.isPresent() && !wanted) {
      throw ApiException.invalid("top_logprobs", "top_logprobs needs logprobs: true");
    }
    return wanted ? top.orElse(0) : -1;
  }

  static boolean usage(Fields request) {
    return request.object("stream_options").flatMap(o -> o.flag("include_usage")).orElse(false);
  }

  /** As many as are asked for, else as many as there is room for; never more than the limit. */
  private int maxTokens(Fields request, Engine engine, int prompt) {
    int room = Math.max(1, engine.contextLength() - prompt);
    Optional<Integer> asked =
        request
            .small("max_completion_tokens", 1, Integer.MAX_VALUE)
            .or(() -> request.small("max_tokens", 1, Integer.MAX_VALUE));
    return Math.min(asked.orElse(room), serving.settings().limits().tokens());
  }
}
