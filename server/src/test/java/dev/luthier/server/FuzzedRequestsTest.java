package dev.luthier.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Requests with something wrong in them, thousands: the server never fails on one. */
class FuzzedRequestsTest {
  private static final int REQUESTS = 4000;

  private static final Map<String, String> GOOD =
      Map.of(
          "/v1/chat/completions",
          """
          {"model": "base", "messages": [{"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function",
              "function": {"name": "f", "arguments": "{\\"a\\": 1}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "4"}],
           "temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0, "n": 2, "seed": 3, "stop": ["x"],
           "max_tokens": 4, "stream": true, "stream_options": {"include_usage": true},
           "logprobs": true, "top_logprobs": 2, "logit_bias": {"5": 1}, "frequency_penalty": 0.5,
           "presence_penalty": -0.5, "repetition_penalty": 1.1, "user": "me", "tool_choice": "none",
           "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object",
             "properties": {"a": {"type": "integer"}}}}}], "response_format": {"type": "text"}}
          """,
          "/v1/completions",
          """
          {"model": "base", "prompt": ["a", [5, 6]], "max_tokens": 3, "logprobs": 2, "echo": false,
           "n": 1, "best_of": 1, "suffix": "", "stop": "x", "stream": false,
           "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {
             "type": "object", "properties": {"a": {"type": "integer", "minimum": 3},
               "b": {"type": "array", "items": {"enum": ["x", 5]}, "minItems": 2, "maxItems": 3},
               "c": {"type": "string", "pattern": "a+b", "maxLength": 5}, "d": {"$ref": "#/$defs/e"}},
             "required": ["a"], "additionalProperties": false, "$defs": {"e": {"type": "null"}}}}}}
          """,
          "/v1/embeddings",
          "{\"model\": \"base\", \"input\": [\"a\", [5]], \"encoding_format\": \"base64\"}",
          "/tokenize",
          "{\"prompt\": \"Hi\", \"add_special_tokens\": true, \"return_token_strs\": true}",
          "/detokenize",
          "{\"tokens\": [5, 6, 7]}",
          "/apply-template",
          "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}",
          "/v1/load_lora_adapter",
          "{\"lora_name\": \"a\", \"lora_path\": \"a\"}",
          "/v1/unload_lora_adapter",
          "{\"lora_name\": \"a\"}");

  private static final String[] STRANGE = {
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-1e999",
    "1e-400",
    "99999999999999999999",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "0.1",
    "1.0",
    "\"\"",
    "\"x\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"🙂\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[{}]",
    "{\"\": null}",
    "[1, \"a\"]",
    "\"{\"",
    "\"{\\\"a\\\": [1]}\"",
    "{\"type\": \"json_object\"}",
    "{\"type\": 5}"
  };

  private final Random random = new Random(42);

  @Test
  void no_request_is_answered_with_a_500() throws Exception {
    List<String> problems = new CopyOnWriteArrayList<>();
    Map<Integer, Integer> statuses = new HashMap<>();
    try (FakeEngine engine = new FakeEngine();
        Server server =
            Server.start(
                ServerSettings.local("base").withAdapterFolders(FakeEngine.DEMO), problems::add)) {
      server.serve(engine);
      Http http = new Http(server);
      List<String> routes = GOOD.keySet().stream().sorted().toList();
      for (int i = 0; i < REQUESTS; i++) {
        String route = routes.get(i % routes.size());
        byte[] body = damaged(requireNonNull(GOOD.get(route)));
        Http.Reply reply =
            http.send(
                http.request(route, "Content-Type", "application/json")
                    .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(body))
                    .build());
        statuses.merge(reply.status(), 1, Integer::sum);
        String shown =
            route + " " + new String(body, StandardCharsets.UTF_8) + " -> " + reply.body();
        assertThat(reply.status()).as(shown).isBetween(200, 499);
        if (reply.status() >= 400) {
          assertThat(reply.error("message")).as(shown).isNotEmpty();
        }
      }
    }
    assertThat(problems).isEmpty();
    assertThat(statuses.get(200)).as("some are still good: " + statuses).isGreaterThan(100);
    assertThat(statuses.get(400)).as("most are not: " + statuses).isGreaterThan(1000);
  }

  private byte[] damaged(String good) throws Exception {
    if (random.nextInt(5) == 0) {
      return bytes(good);
    }
    JsonNode tree = Http.JSON.readTree(good);
    for (int i = random.nextInt(2); i >= 0; i--) {
      List<JsonNode> containers = new ArrayList<>();
      collect(tree, containers);
      if (!containers.isEmpty()) {
        damage(containers.get(random.nextInt(containers.size())));
      }
    }
    return Http.JSON.writeValueAsBytes(tree);
  }

  /** Bytes changed, left out, doubled, or cut off. */
  private byte[] bytes(String good) {
    byte[] bytes = good.getBytes(StandardCharsets.UTF_8);
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(3)) {
      case 0 -> {
        bytes[at] = (byte) random.nextInt(256);
        yield bytes;
      }
      case 1 -> Arrays.copyOf(bytes, at);
      default -> {
        byte[] twice = Arrays.copyOf(bytes, bytes.length + 1);
        System.arraycopy(bytes, at, twice, at + 1, bytes.length - at);
        yield twice;
      }
    };
  }

  private static void collect(JsonNode node, List<JsonNode> into) {
    if (node.isContainerNode() && !node.isEmpty()) {
      into.add(node);
      node.forEach(child -> collect(child, into));
    }
  }

  private void damage(JsonNode container) throws Exception {
    JsonNode strange = strange();
    if (container instanceof ArrayNode list) {
      list.set(random.nextInt(list.size()), strange);
      return;
    }
    ObjectNode object = (ObjectNode) container;
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    String name = names.get(random.nextInt(names.size()));
    if (random.nextInt(6) == 0) {
      object.remove(name);
    } else {
      object.set(name, strange);
    }
  }

  private JsonNode strange() throws Exception {
    if (random.nextInt(30) == 0) {
      int depth = 50 + random.nextInt(200);
      return Http.JSON.readTree("[".repeat(depth) + "]".repeat(depth));
    }
    return Http.JSON.readTree(STRANGE[random.nextInt(STRANGE.length)]);
  }
}
