package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Prompts before their continuations, with the probabilities of their own tokens. */
class EchoTest {
  private static final String PATH = "/v1/completions";

  private final FakeEngine fake = new FakeEngine();
  private final Server server = Server.start(ServerSettings.local("base"), System.err::println);
  private final Http http = new Http(server);

  @AfterEach
  void close() {
    server.close();
    fake.close();
  }

  private JsonNode ask(String fields) throws Exception {
    Http.Reply reply = http.post(PATH, "{" + fields + "}");
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return reply.json();
  }

  /** The four lists are as long as each other, and each token stands where it is said to. */
  private static void check(JsonNode lists, String text, int tokens) {
    for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      assertThat(lists.path(list)).as(list).hasSize(tokens);
    }
    assertThat(lists.at("/token_logprobs/0").isNull()).isTrue();
    assertThat(lists.at("/top_logprobs/0").isNull()).isTrue();
    for (int i = 1; i < tokens; i++) {
      String token = lists.at("/tokens/" + i).asText();
      int offset = lists.at("/text_offset/" + i).asInt();
      boolean ends = token.equals("<|im_end|>"); // is no part of the text
      assertThat(text.startsWith(ends ? "" : token, offset)).isTrue();
      assertThat(lists.at("/top_logprobs/" + i).has(token)).isTrue();
    }
  }

  @Test
  void a_prompts_tokens_stand_before_those_that_follow() throws Exception {
    server.serve(fake);
    JsonNode json =
        ask("\"prompt\": \"Once upon\", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 3");
    int prompt = json.at("/usage/prompt_tokens").asInt();
    JsonNode choice = json.at("/choices/0");
    assertThat(choice.path("text").asText()).startsWith("Once upon Hello");
    check(choice.path("logprobs"), choice.path("text").asText(), prompt + 3);
    assertThat(choice.at("/logprobs/token_logprobs/1").asDouble()).isEqualTo(-1.5);
    assertThat(choice.at("/logprobs/token_logprobs/" + prompt).asDouble()).isEqualTo(-0.5);
    assertThat(choice.at("/logprobs/top_logprobs/1")).hasSize(2);
  }

  @Test
  void no_token_is_written_where_none_is_wanted() throws Exception {
    server.serve(fake);
    JsonNode json =
        ask("\"prompt\": [\"Once upon\", [5]], \"echo\": true, \"logprobs\": 0, \"max_tokens\": 0");
    assertThat(json.at("/usage/completion_tokens").asInt()).isZero();
    JsonNode choice = json.at("/choices/0");
    assertThat(choice.path("text").asText()).isEqualTo("Once upon");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
    check(choice.path("logprobs"), "Once upon", json.at("/usage/prompt_tokens").asInt() - 1);
    check(json.at("/choices/1/logprobs"), "", 1);
    assertThat(ask("\"prompt\": \"Once\", \"echo\": true, \"max_tokens\": 0").at("/choices/0/text"))
        .hasToString("\"Once\"");
    assertThat(http.post(PATH, "{\"prompt\": \"Once\", \"max_tokens\": 0}").status())
        .isEqualTo(400);
  }

  @Test
  void a_stream_says_the_same() throws Exception {
    server.serve(fake);
    String fields = "\"prompt\": \"Once upon\", \"echo\": true, \"logprobs\": 2";
    JsonNode whole = ask(fields).at("/choices/0");
    StringBuilder text = new StringBuilder();
    ArrayNode offsets = Http.JSON.createArrayNode();
    for (JsonNode event : http.post(PATH, "{\"stream\": true, " + fields + "}").events()) {
      text.append(event.at("/choices/0/text").asText());
      event.at("/choices/0/logprobs/text_offset").forEach(offsets::add);
    }
    assertThat(text.toString()).isEqualTo(whole.path("text").asText());
    assertThat(offsets.equals(whole.at("/logprobs/text_offset"))).isTrue();
  }

  @Test
  void what_was_written_greedily_is_scored_the_same_as_a_prompt() throws Exception {
    try (Engine engine = Engines.open(EngineSettings.of(FakeEngine.DEMO))) {
      server.serve(engine);
      String context = "Once upon a time";
      JsonNode written =
          ask(
              "\"prompt\": \""
                  + context
                  + "\", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 6");
      JsonNode scores = written.at("/choices/0/logprobs/token_logprobs");
      JsonNode prompt = written.at("/choices/0/text");
      // As lm-eval's local-completions asks, which leaves the last token out.
      JsonNode choice =
          ask("\"prompt\": " + prompt + ", \"echo\": true, \"logprobs\": 1, \"max_tokens\": 1")
              .at("/choices/0");
      JsonNode lists = choice.path("logprobs");
      check(lists, choice.path("text").asText(), scores.size() + 1);
      for (int i = 1; i < scores.size(); i++) {
        assertThat(lists.at("/token_logprobs/" + i).asDouble())
            .isCloseTo(scores.get(i).asDouble(), within(0.01));
      }
      int before = scores.size() - 6;
      for (int i = before; i < scores.size(); i++) {
        assertThat(lists.at("/top_logprobs/" + i)).as("the likeliest itself").hasSize(1);
      }
    }
  }
}
