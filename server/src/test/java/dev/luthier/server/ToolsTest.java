package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls of tools as OpenAI's interface words them. */
class ToolsTest {
  private static final String CALL = "{\"name\": \"f\", \"arguments\": {\"a\": [1, \"}\"]}}";
  private static final String ASK =
      "\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"tools\": [{\"type\":"
          + " \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"type\":"
          + " \"object\"}}}]";

  private final FakeEngine engine = new FakeEngine();
  private final Server server = Server.start(ServerSettings.local("base"), System.err::println);
  private final Http http = new Http(server);

  ToolsTest() {
    server.serve(engine);
  }

  @AfterEach
  void close() {
    server.close();
    engine.close();
  }

  private Http.Reply ask(String more) throws Exception {
    return http.post("/v1/chat/completions", "{" + more + ASK + "}");
  }

  @Test
  void a_call_is_told_from_words() throws Exception {
    JsonNode choice = says(CALL).at("/choices/0");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(choice.at("/message/content").isNull()).isTrue();
    JsonNode call = choice.at("/message/tool_calls/0");
    assertThat(call.path("type").asText()).isEqualTo("function");
    assertThat(call.path("id").asText()).matches("[a-z0-9]{9}");
    assertThat(call.at("/function/name").asText()).isEqualTo("f");
    assertThat(Http.JSON.readTree(call.at("/function/arguments").asText()))
        .isEqualTo(Http.JSON.readTree("{\"a\": [1, \"}\"]}"));
    JsonNode words = says("No tool helps {here}.").at("/choices/0");
    assertThat(words.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(words.at("/message/content").asText().strip()).isEqualTo("No tool helps {here}.");
    assertThat(words.at("/message").has("tool_calls")).isFalse();
  }

  private JsonNode says(String text) throws Exception {
    engine.says(text);
    return ask("").json();
  }

  @Test
  void a_stream_gives_the_name_then_the_arguments_in_pieces() throws Exception {
    engine.says(CALL);
    List<JsonNode> events = ask("\"stream\": true, ").events();
    StringBuilder arguments = new StringBuilder();
    String name = "";
    for (JsonNode event : events) {
      assertThat(event.at("/choices/0/delta/content").asText()).isEmpty();
      JsonNode call = event.at("/choices/0/delta/tool_calls/0");
      if (call.has("id")) {
        assertThat(name).as("named once, before its arguments").isEmpty();
        assertThat(arguments).isEmpty();
        name = call.at("/function/name").asText();
      }
      arguments.append(call.at("/function/arguments").asText());
    }
    assertThat(name).isEqualTo("f");
    assertThat(Http.JSON.readTree(arguments.toString()))
        .isEqualTo(Http.JSON.readTree("{\"a\": [1, \"}\"]}"));
    assertThat(events.get(events.size() - 1).at("/choices/0/finish_reason").asText())
        .isEqualTo("tool_calls");
  }

  @Test
  void a_choice_of_none_leaves_words_and_one_of_must_makes_a_constraint() throws Exception {
    engine.says(CALL);
    JsonNode none = ask("\"tool_choice\": \"none\", ").json().at("/choices/0");
    assertThat(none.at("/message/content").asText()).isEqualTo(CALL);
    assertThat(none.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(engine.heard.get(0).constraint()).isEmpty();
    ask("\"tool_choice\": \"required\", \"n\": 2, ");
    assertThat(engine.heard.get(1).constraint()).isPresent();
    assertThat(engine.heard.get(1).constraint().get())
        .as("each text has its own state")
        .isNotSameAs(engine.heard.get(2).constraint().get());
    Http.Reply unknown =
        ask("\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"g\"}}, ");
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.error("param")).isEqualTo("tool_choice");
  }

  @Test
  void what_a_schema_cannot_mean_is_refused_before_anything_is_queued() throws Exception {
    Http.Reply reply =
        ask(
            "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\","
                + " \"schema\": {\"type\": \"unicorn\"}}}, ");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error("param")).isEqualTo("response_format.json_schema.schema");
    assertThat(engine.heard).isEmpty();
  }
}
