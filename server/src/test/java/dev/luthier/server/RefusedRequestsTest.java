package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that cannot be meant: a 4xx that names the field. */
class RefusedRequestsTest {
  private static final FakeEngine ENGINE = new FakeEngine();
  private static final Server SERVER =
      Server.start(ServerSettings.local("base"), System.err::println);
  private static final Http HTTP = new Http(SERVER);

  static {
    SERVER.serve(ENGINE);
  }

  @AfterAll
  static void close() {
    SERVER.close();
    ENGINE.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "temperature     | \"hot\"",
        "temperature     | -1",
        "temperature     | 1e999",
        "temperature     | true",
        "top_p           | 0",
        "top_p           | 1.5",
        "top_k           | -2",
        "top_k           | 1.5",
        "min_p           | 2",
        "repetition_penalty | -1",
        "max_tokens      | 0",
        "max_tokens      | -5",
        "max_tokens      | 99999999999999999999999",
        "max_completion_tokens | \"many\"",
        "n               | 0",
        "n               | 1000",
        "seed            | 1.5",
        "seed            | \"x\"",
        "stop            | 5",
        "stop            | \"\"",
        "stop[1]         | [\"a\", 5]",
        "stream          | \"yes\"",
        "stream_options  | 1",
        "stream_options.include_usage | {\"include_usage\": 3}",
        "logprobs        | 5",
        "top_logprobs    | 21",
        "top_logprobs    | 2",
        "model           | \"other\"",
        "model           | {}",
        "tools           | {}",
        "tools[0]        | [{\"type\": \"oven\"}]",
        "logit_bias      | {\"hello\": 1}",
        "logit_bias      | {\"2048\": 1}",
        "logit_bias.5    | {\"5\": 101}",
        "frequency_penalty | 3",
        "presence_penalty | -3",
      })
  void a_field_is_named(String param, String value) throws Exception {
    String field = param.replaceAll("[\\[.].*", "");
    Http.Reply reply =
        HTTP.post(
            "/v1/chat/completions",
            "{\""
                + field
                + "\": "
                + value
                + ", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}");
    assertThat(reply.status())
        .as(reply.body())
        .isEqualTo(param.equals("model") && value.startsWith("\"") ? 404 : 400);
    assertThat(reply.error("param")).as(reply.body()).isEqualTo(param);
    assertThat(reply.error("type")).isEqualTo("invalid_request_error");
    assertThat(reply.error("message")).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "messages | []",
        "messages | \"Hi\"",
        "messages[0] | [\"Hi\"]",
        "messages[0].role | [{\"content\": \"Hi\"}]",
        "messages[0].role | [{\"role\": \"king\", \"content\": \"Hi\"}]",
        "messages[0].content | [{\"role\": \"user\"}]",
        "messages[0].content | [{\"role\": \"user\", \"content\": 5}]",
        "messages[0].content[0] | [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]",
        "messages[0].tool_calls[0].function | [{\"role\": \"assistant\", \"tool_calls\": [5]}]",
      })
  void a_message_is_named(String param, String messages) throws Exception {
    Http.Reply reply = HTTP.post("/v1/chat/completions", "{\"messages\": " + messages + "}");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error("param")).isEqualTo(param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/completions | prompt | {}",
        "/v1/completions | prompt | {\"prompt\": []}",
        "/v1/completions | prompt | {\"prompt\": {}}",
        "/v1/completions | prompt[1] | {\"prompt\": [5, -1]}",
        "/v1/completions | prompt[0] | {\"prompt\": [2048]}",
        "/v1/completions | prompt[1] | {\"prompt\": [\"a\", null]}",
        "/v1/completions | suffix | {\"prompt\": \"a\", \"suffix\": \"b\"}",
        "/v1/completions | best_of | {\"prompt\": \"a\", \"best_of\": 4}",
        "/v1/completions | n | {\"prompt\": [\"a\", \"b\", \"c\"], \"n\": 128}",
        "/v1/embeddings | input | {}",
        "/v1/embeddings | encoding_format | {\"input\": \"a\", \"encoding_format\": \"int8\"}",
        "/v1/embeddings | dimensions | {\"input\": \"a\", \"dimensions\": 7}",
        "/tokenize | prompt | {}",
        "/detokenize | tokens | {}",
        "/detokenize | tokens[0] | {\"tokens\": [\"a\"]}",
        "/apply-template | messages | {}",
        "/v1/load_lora_adapter | lora_name | {}",
        "/v1/unload_lora_adapter | lora_name | {\"lora_name\": 5}",
      })
  void other_routes_name_their_fields(String route, String param, String body) throws Exception {
    Http.Reply reply = HTTP.post(route, body);
    assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    assertThat(reply.error("param")).isEqualTo(param);
  }

  @Test
  void what_is_no_json_is_told_by_line_and_column() throws Exception {
    for (String body :
        new String[] {
          "", "[]", "5", "{", "{\"a\": 1, \"a\": 2}", "{}{}", "{\"a\": \u0001}", "[".repeat(5000)
        }) {
      Http.Reply reply = HTTP.post("/v1/chat/completions", body);
      assertThat(reply.status()).as(body).isEqualTo(400);
      assertThat(reply.error("message")).startsWith("the request's body");
    }
    assertThat(HTTP.post("/v1/chat/completions", "{\"a\": nope}").error("message"))
        .contains("line 1, column");
  }

  @Test
  void unknown_routes_and_wrong_methods_answer_in_the_same_form() throws Exception {
    assertThat(HTTP.get("/v2").status()).isEqualTo(404);
    assertThat(HTTP.get("/v2").error("type")).isEqualTo("invalid_request_error");
    assertThat(HTTP.get("/v1/completions").status()).isEqualTo(405);
    assertThat(HTTP.get("/page/../Page.class").status()).isBetween(400, 404);
    assertThat(HTTP.get("/page/%2e%2e%2fPage.class").status()).isBetween(400, 404);
  }
}
