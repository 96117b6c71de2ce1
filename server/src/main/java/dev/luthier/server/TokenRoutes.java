package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.serve.Engine;
import dev.luthier.tokenizer.Tokenizer;
import io.javalin.http.Context;
import java.util.Optional;

/** What the model reads: tokens and rendered conversations. */
final class TokenRoutes {
  private final Serving serving;

  TokenRoutes(Serving serving) {
    this.serving = serving;
  }

  /**
   * {@code POST /tokenize}: {@code prompt} (vLLM), {@code content} (llama.cpp) or {@code messages}.
   */
  void tokenize(Context ctx) {
    Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
    Engine engine = serving.engine();
    ModelLanguage language = engine.language(serving.adapter(request));
    int[] ids = ids(request, language);
    ObjectNode body = Json.object();
    body.put("count", ids.length);
    body.put("max_model_len", engine.contextLength());
    ArrayNode tokens = body.putArray("tokens");
    for (int id : ids) {
      tokens.add(id);
    }
    if (request.flag("return_token_strs").orElse(false)) {
      ArrayNode texts = body.putArray("token_strs");
      for (int id : ids) {
        texts.add(language.tokenizer().token(id));
      }
    }
    Body.write(ctx, 200, body);
  }

  private static int[] ids(Fields request, ModelLanguage language) {
    Tokenizer tokenizer = language.tokenizer();
    if (request.node("messages").isPresent()) {
      boolean open = request.flag("add_generation_prompt").orElse(true);
      String text = new Messages(request).render(language, Messages.tools(request), open);
      return tokenizer.encodeRendered(text).ids();
    }
    Optional<String> content = request.text("content");
    if (content.isPresent()) {
      return tokenizer.encodeIds(content.get(), request.flag("add_special").orElse(false));
    }
    request.required("prompt", "a text; or messages, or llama.cpp's content");
    return tokenizer.encodeIds(
        request.text("prompt").orElse(""), request.flag("add_special_tokens").orElse(true));
  }

  /** {@code POST /detokenize}: the text as vLLM ({@code prompt}) and llama.cpp name it. */
  void detokenize(Context ctx) {
    Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
    Engine engine = serving.engine();
    ModelLanguage language = engine.language(serving.adapter(request));
    int[] ids =
        Inputs.ids(
            request,
            "tokens",
            request.required("tokens", "a list of token ids"),
            engine.vocabulary());
    String text = language.tokenizer().decode(ids, false);
    Body.write(ctx, 200, Json.object().put("prompt", text).put("content", text));
  }

  /** {@code POST /apply-template}: the conversation's text, as llama.cpp names it. */
  void applyTemplate(Context ctx) {
    Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
    ModelLanguage language = serving.engine().language(serving.adapter(request));
    boolean open = request.flag("add_generation_prompt").orElse(true);
    String text = new Messages(request).render(language, Messages.tools(request), open);
    Body.write(ctx, 200, Json.object().put("prompt", text));
  }
}
