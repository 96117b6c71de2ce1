package dev.luthier.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** JSON in and out. */
final class Body {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Body() {}

  /**
   * Reads a request's object.
   *
   * @throws ApiException 413 when it is larger, 415 when it is not sent as JSON, 400 when it is not
   *     a JSON object
   */
  static Fields read(Context ctx, long most) {
    String type =
        String.valueOf(ctx.contentType()).toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
    if (!type.equals("application/json")) {
      throw ApiException.refused(
          415,
          "",
          "unsupported_content_type",
          "Content-Type is "
              + type
              + ": expected application/json (curl -H 'Content-Type: application/json')");
    }
    try {
      return new Fields(Json.parse(utf8(bytes(ctx, most)), "the request's body"), "");
    } catch (CharacterCodingException e) {
      throw ApiException.invalid(
          "", "the request's body is not UTF-8 text: expected a JSON object");
    } catch (LuthierException e) {
      throw ApiException.invalid("", String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw ApiException.invalid("", "the request's body did not come whole");
    }
  }

  private static byte[] bytes(Context ctx, long most) throws IOException {
    if (ctx.req().getContentLengthLong() <= most) {
      byte[] bytes =
          ctx.req().getInputStream().readNBytes((int) Math.min(Integer.MAX_VALUE - 8, most + 1));
      if (bytes.length <= most) {
        return bytes;
      }
    }
    // What is not read cannot be skipped on a connection that stays open.
    ctx.header("Connection", "close");
    throw ApiException.refused(
        413,
        "",
        "request_too_large",
        String.format(
            Locale.ROOT,
            "the request has more than %,d bytes; send less, or start the server with a larger"
                + " --max-body",
            most));
  }

  private static String utf8(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  /** Answers with JSON. */
  static void write(Context ctx, int status, JsonNode body) {
    ctx.status(status).contentType("application/json").result(bytes(body));
  }

  /** JSON on one line, in UTF-8. */
  static byte[] bytes(JsonNode value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that is not JSON", e);
    }
  }

  /** JSON as Java's own maps, lists, strings, numbers and nulls. */
  static Object plain(JsonNode value) {
    return JSON.convertValue(value, Object.class);
  }
}
