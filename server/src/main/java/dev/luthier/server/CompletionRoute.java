package dev.luthier.server;

import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.PromptScores;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** {@code POST /v1/completions}. */
final class CompletionRoute {
  private static final int TOKENS = 16; // as OpenAI's, which clients count on
  private static final int MOST_LOGPROBS = 20;
  private static final int MOST_TEXTS = 256;

  private final Serving serving;

  CompletionRoute(Serving serving) {
    this.serving = serving;
  }

  void answer(Context ctx) {
    try (Serving.Room room = serving.enter()) {
      Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
      Engine engine = serving.engine();
      Optional<String> adapter = serving.adapter(request);
      Speech speech = serving.speech(engine, adapter);
      ModelLanguage language = speech.language();
      List<Inputs.Input> prompts =
          new Inputs(request, language.tokenizer(), engine.vocabulary()).read("prompt");
      SamplingFields sampling = new SamplingFields(request, language, engine.vocabulary());
      int n = sampling.choices();
      if ((long) n * prompts.size() > MOST_TEXTS) {
        throw ApiException.invalid(
            "n", prompts.size() + " prompts times n texts: expected at most " + MOST_TEXTS);
      }
      int logprobs = request.small("logprobs", 0, MOST_LOGPROBS).orElse(-1);
      boolean echo = echo(request);
      boolean scored = echo && logprobs >= 0;
      int most = maxTokens(request, echo);
      boolean stream = request.flag("stream").orElse(false);
      CompletionWording wording =
          new CompletionWording(speech.texts(), logprobs >= 0, echo ? prompts : List.of(), n);
      Supplier<Optional<TokenConstraint>> constraint = new FormFields(request, speech).format();
      List<EngineRequest> requests = new ArrayList<>();
      List<GenerateSettings> settings = sampling.settings(Math.max(1, most), n);
      PromptScores scores =
          most == 0 ? PromptScores.ONLY : scored ? PromptScores.TOLD : PromptScores.NONE;
      for (Inputs.Input prompt : prompts) {
        for (GenerateSettings each : settings) {
          requests.add(
              new EngineRequest(prompt.ids(), each, adapter, logprobs, constraint.get(), scores));
        }
      }
      new Answering(
              ctx,
              serving,
              new Answering.Ask(
                  serving.name(adapter),
                  requests,
                  n,
                  stream,
                  ChatRoute.usage(request) && stream,
                  // Who scores a prompt counts tokens, so the last one is listed too.
                  scored ? Set.of() : language.defaults().stopIds(),
                  wording))
          .answer(engine);
    }
  }

  private int maxTokens(Fields request, boolean echo) {
    return Math.min(
        request.small("max_tokens", echo ? 0 : 1, Integer.MAX_VALUE).orElse(TOKENS),
        serving.settings().limits().tokens());
  }

  private static boolean echo(Fields request) {
    if (request.text("suffix").filter(s -> !s.isEmpty()).isPresent()) {
      throw ApiException.invalid(
          "suffix", "suffix: the model writes what follows a text, not what stands within");
    }
    return request.flag("echo").orElse(false);
  }
}
