package dev.luthier.server;

import dev.luthier.generate.ModelLanguage;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineRequest;
import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;

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
      Optional<String> adapter = serving.adapter(request);
      ModelLanguage language = engine.language(adapter);
      String prompt = new Messages(request).render(language, Messages.tools(request), true);
      int[] ids = language.tokenizer().encodeRendered(prompt).ids();
      SamplingFields sampling = new SamplingFields(request, language, engine.vocabulary());
      int logprobs = logprobs(request);
      List<EngineRequest> requests =
          sampling.settings(maxTokens(request, engine, ids.length), sampling.choices()).stream()
              .map(
                  settings -> new EngineRequest(ids, settings, adapter, logprobs, Optional.empty()))
              .toList();
      boolean stream = request.flag("stream").orElse(false);
      new Answering(
              ctx,
              serving,
              new Answering.Ask(
                  serving.name(adapter),
                  requests,
                  requests.size(),
                  stream,
                  usage(request) && stream,
                  new ChatWording(new TokenTexts(language.tokenizer()), logprobs >= 0)))
          .answer(engine);
    }
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
