package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The forms of OpenAI's interface, and of vLLM's and llama.cpp's beside it. */
class ApiTest {
  private static final String ASK = "\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";

  private final FakeEngine engine = new FakeEngine();
  private final Server server = Server.start(ServerSettings.local("base"), System.err::println);
  private final Http http = new Http(server);

  ApiTest() {
    server.serve(engine);
  }

  @AfterEach
  void close() {
    server.close();
    engine.close();
  }

  @Test
  void a_conversation_is_rendered_by_the_models_template_and_answered() throws Exception {
    Http.Reply reply = http.post("/v1/chat/completions", "{\"model\": \"base\", " + ASK + "}");
    assertThat(reply.status()).isEqualTo(200);
    JsonNode json = reply.json();
    assertThat(json.path("object").asText()).isEqualTo("chat.completion");
    assertThat(json.path("id").asText()).startsWith("chatcmpl-");
    assertThat(json.at("/choices/0/message/role").asText()).isEqualTo("assistant");
    assertThat(json.at("/choices/0/message/content").asText()).isEqualTo(" Hello there.");
    assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(json.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isEqualTo(3);
    int[] prompt = engine.heard.get(0).prompt();
    assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(prompt.length);
    assertThat(json.at("/usage/total_tokens").asInt())
        .isEqualTo(prompt.length + json.at("/usage/completion_tokens").asInt());
    var chat = engine.language(java.util.Optional.empty()).chat().orElseThrow();
    assertThat(prompt)
        .isEqualTo(
            chat.prompt(List.of(java.util.Map.of("role", "user", "content", "Hi")), List.of()));
  }

  @Test
  void a_stream_begins_with_the_role_ends_with_done_and_says_the_same() throws Exception {
    Http.Reply reply =
        http.post(
            "/v1/chat/completions",
            "{\"stream\": true, \"n\": 2, \"stream_options\": {\"include_usage\": true}, "
                + ASK
                + "}");
    assertThat(reply.whole().headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/event-stream");
    List<JsonNode> events = reply.events();
    assertThat(events.get(0).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    assertThat(events.get(0).path("object").asText()).isEqualTo("chat.completion.chunk");
    StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
    int ends = 0;
    for (JsonNode event : events.subList(0, events.size() - 1)) {
      assertThat(event.path("usage").isNull()).isTrue();
      JsonNode choice = event.path("choices").get(0);
      texts[choice.path("index").asInt()].append(choice.at("/delta/content").asText());
      ends += choice.path("finish_reason").asText().equals("stop") ? 1 : 0;
    }
    assertThat(texts).extracting(StringBuilder::toString).containsOnly(" Hello there.");
    assertThat(ends).isEqualTo(2);
    JsonNode last = events.get(events.size() - 1);
    assertThat(last.path("choices")).isEmpty();
    assertThat(last.at("/usage/prompt_tokens").asInt())
        .isEqualTo(engine.heard.get(0).prompt().length);
  }

  @Test
  void settings_reach_the_engine() throws Exception {
    http.post(
        "/v1/chat/completions",
        "{\"temperature\": 0.5, \"top_p\": 0.9, \"top_k\": 7, \"min_p\": 0.1,"
            + " \"repetition_penalty\": 1.5, \"seed\": 9, \"n\": 2, \"stop\": [\"x\", \"y\"],"
            + " \"max_tokens\": 5, \"frequency_penalty\": 0.25, \"presence_penalty\": -1,"
            + " \"logit_bias\": {\"7\": -100}, "
            + ASK
            + "}");
    var first = engine.heard.get(0).settings();
    assertThat(first.sampling().temperature()).isEqualTo(0.5);
    assertThat(first.sampling().topP()).isEqualTo(0.9);
    assertThat(first.sampling().topK()).isEqualTo(7);
    assertThat(first.sampling().minP()).isEqualTo(0.1);
    assertThat(first.sampling().repetitionPenalty()).isEqualTo(1.5);
    assertThat(first.sampling().frequencyPenalty()).isEqualTo(0.25);
    assertThat(first.sampling().presencePenalty()).isEqualTo(-1);
    assertThat(first.sampling().logitBias()).isEqualTo(java.util.Map.of(7, -100.0));
    assertThat(first.stop()).containsExactly("x", "y");
    assertThat(first.maxNewTokens()).isEqualTo(5);
    assertThat(engine.heard).extracting(r -> r.settings().seed()).containsExactly(9L, 10L);
  }

  @Test
  void log_probabilities_come_with_the_bytes_of_each_token() throws Exception {
    JsonNode json =
        http.post("/v1/chat/completions", "{\"logprobs\": true, \"top_logprobs\": 2, " + ASK + "}")
            .json();
    JsonNode content = json.at("/choices/0/logprobs/content");
    StringBuilder text = new StringBuilder();
    for (JsonNode token : content) {
      text.append(token.path("token").asText());
      assertThat(token.path("top_logprobs")).hasSize(2);
      assertThat(token.path("logprob").asDouble()).isEqualTo(-0.5);
      assertThat(token.path("bytes")).isNotEmpty();
    }
    assertThat(text.toString()).isEqualTo(" Hello there.");
  }

  @Test
  void prompts_of_all_forms_are_continued() throws Exception {
    for (String prompt : List.of("\"Once\"", "[\"Once\", \"Twice\"]", "[5, 6]", "[[5], [6, 7]]")) {
      JsonNode json = http.post("/v1/completions", "{\"n\": 2, \"prompt\": " + prompt + "}").json();
      assertThat(json.path("object").asText()).isEqualTo("text_completion");
      int prompts = prompt.contains(", ") && !prompt.equals("[5, 6]") ? 2 : 1;
      assertThat(json.path("choices")).hasSize(2 * prompts);
      assertThat(json.at("/choices/0/text").asText()).isEqualTo(" Hello there.");
    }
    assertThat(engine.heard.get(engine.heard.size() - 1).prompt()).containsExactly(6, 7);
  }

  @Test
  void a_prompt_is_echoed_and_log_probabilities_stand_in_lists() throws Exception {
    JsonNode echoed = http.post("/v1/completions", "{\"prompt\": \"Once\", \"echo\": true}").json();
    assertThat(echoed.at("/choices/0/text").asText()).isEqualTo("Once Hello there.");
    JsonNode lists =
        http.post("/v1/completions", "{\"prompt\": \"Once\", \"logprobs\": 1}")
            .json()
            .at("/choices/0/logprobs");
    assertThat(lists.path("tokens").size())
        .isEqualTo(lists.path("token_logprobs").size())
        .isEqualTo(lists.path("top_logprobs").size())
        .isEqualTo(lists.path("text_offset").size());
    String text = " Hello there.";
    for (int i = 0; i < lists.path("tokens").size(); i++) {
      String token = lists.at("/tokens/" + i).asText();
      assertThat(text.startsWith(token, lists.at("/text_offset/" + i).asInt())).isTrue();
    }
  }

  @Test
  void embeddings_are_the_same_numbers_in_both_encodings() throws Exception {
    JsonNode floats = http.post("/v1/embeddings", "{\"input\": [\"a\", \"b\"]}").json();
    assertThat(floats.path("data")).hasSize(2);
    assertThat(floats.at("/data/1/embedding/1").asDouble())
        .isEqualTo(-0.8, org.assertj.core.data.Offset.offset(1e-6));
    String base64 =
        http.post("/v1/embeddings", "{\"input\": \"a\", \"encoding_format\": \"base64\"}")
            .json()
            .at("/data/0/embedding")
            .asText();
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getFloat()).isEqualTo(0.6f);
    assertThat(bytes.getFloat()).isEqualTo(-0.8f);
  }

  @Test
  void tokens_of_a_text_are_the_text_again_and_a_conversation_is_shown_as_the_model_reads_it()
      throws Exception {
    JsonNode tokens = http.post("/tokenize", "{\"prompt\": \"Hello there.\"}").json();
    assertThat(tokens.path("count").asInt()).isEqualTo(tokens.path("tokens").size());
    Http.Reply text = http.post("/detokenize", "{\"tokens\": " + tokens.path("tokens") + "}");
    assertThat(text.json().path("prompt").asText()).isEqualTo("Hello there.");
    assertThat(text.json().path("content").asText()).isEqualTo("Hello there.");
    String rendered = http.post("/apply-template", "{" + ASK + "}").json().path("prompt").asText();
    assertThat(rendered).contains("Hi");
    JsonNode both = http.post("/tokenize", "{" + ASK + "}").json();
    http.post("/v1/chat/completions", "{" + ASK + "}");
    assertThat(Http.JSON.valueToTree(engine.heard.get(0).prompt()).equals(both.path("tokens")))
        .isTrue();
  }

  @Test
  void metrics_are_what_prometheus_reads() throws Exception {
    http.post("/v1/chat/completions", "{" + ASK + "}");
    http.post("/v1/chat/completions", "{\"n\": 0, " + ASK + "}");
    http.get("/nowhere");
    String text = http.get("/metrics").body();
    assertThat(text)
        .contains("luthier_requests_total{route=\"/v1/chat/completions\",status=\"200\"} 1\n")
        .contains("luthier_requests_total{route=\"/v1/chat/completions\",status=\"400\"} 1\n")
        .contains("luthier_requests_total{route=\"other\",status=\"404\"} 1\n")
        .contains("luthier_first_token_seconds_count 1\n")
        .contains("luthier_generated_tokens_total 5\n")
        .contains("luthier_cache_pages 9\n");
    assertThat(text.lines())
        .allMatch(
            l -> l.matches("# (HELP|TYPE) luthier_\\w+ .*|luthier_\\w+(\\{.*\\})? [-0-9.E]+"));
    assertThat(text.split("le=\"\\+Inf\"", -1)).hasSizeGreaterThan(2);
  }

  @Test
  void nothing_is_ready_before_there_is_an_engine() throws Exception {
    try (Server early = Server.start(ServerSettings.local("base"), System.err::println)) {
      Http before = new Http(early);
      assertThat(before.get("/health").status()).isEqualTo(200);
      assertThat(before.get("/ready").status()).isEqualTo(503);
      Http.Reply asked = before.post("/v1/chat/completions", "{" + ASK + "}");
      assertThat(asked.status()).isEqualTo(503);
      assertThat(asked.whole().headers().firstValue("Retry-After")).isPresent();
      early.serve(engine);
      assertThat(before.get("/ready").status()).isEqualTo(200);
    }
  }
}
