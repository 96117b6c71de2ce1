package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.serve.Engine;
import io.javalin.http.Context;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/embeddings}. */
final class EmbeddingRoute {
  private final Serving serving;

  EmbeddingRoute(Serving serving) {
    this.serving = serving;
  }

  void answer(Context ctx) {
    try (Serving.Room room = serving.enter()) {
      Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
      Engine engine = serving.engine();
      Optional<String> adapter = serving.adapter(request);
      String encoding = request.text("encoding_format").orElse("float");
      if (!encoding.equals("float") && !encoding.equals("base64")) {
        throw ApiException.invalid(
            "encoding_format",
            "encoding_format is \"" + encoding + "\": expected \"float\" or \"base64\"");
      }
      List<int[]> inputs =
          new Inputs(request, engine.language(adapter).tokenizer(), engine.vocabulary())
              .read("input").stream().map(Inputs.Input::ids).toList();
      Optional<Integer> dimensions = request.small("dimensions", 1, Integer.MAX_VALUE);
      float[][] vectors = embed(engine, inputs, adapter);
      if (dimensions.isPresent() && dimensions.get() != vectors[0].length) {
        throw ApiException.invalid(
            "dimensions",
            "dimensions is "
                + dimensions.get()
                + ": this model's embeddings have "
                + vectors[0].length);
      }
      Body.write(ctx, 200, body(vectors, encoding.equals("base64"), serving.name(adapter), inputs));
    }
  }

  private static float[][] embed(Engine engine, List<int[]> inputs, Optional<String> adapter) {
    try {
      return engine.embed(inputs, adapter);
    } catch (dev.luthier.serve.EngineBusyException e) {
      throw ApiException.later(429, "queue_full", e.retryAfter(), String.valueOf(e.getMessage()));
    } catch (LuthierException e) {
      throw ApiException.invalid("input", String.valueOf(e.getMessage()));
    }
  }

  private static ObjectNode body(
      float[][] vectors, boolean base64, String model, List<int[]> inputs) {
    ObjectNode body = Json.object().put("object", "list");
    ArrayNode data = body.putArray("data");
    for (int i = 0; i < vectors.length; i++) {
      ObjectNode one = data.addObject().put("object", "embedding").put("index", i);
      if (base64) {
        one.put("embedding", base64(vectors[i]));
      } else {
        ArrayNode numbers = one.putArray("embedding");
        for (float number : vectors[i]) {
          numbers.add(number);
        }
      }
    }
    body.put("model", model);
    int tokens = inputs.stream().mapToInt(ids -> ids.length).sum();
    body.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    return body;
  }

  /** Float32, little-endian. */
  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
