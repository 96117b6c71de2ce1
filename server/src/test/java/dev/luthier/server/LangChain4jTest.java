package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** LangChain4j against a server on the demo's model; docs/serve.md quotes this. */
class LangChain4jTest {
  private static final String SENTENCE = "The poor queen cleaned the pencil.";
  private static final DemoServer SERVER = new DemoServer();

  private final OpenAiChatModel model =
      OpenAiChatModel.builder()
          .baseUrl(SERVER.url())
          .apiKey("none")
          .modelName("demo")
          .strictJsonSchema(true)
          .maxRetries(0)
          .build();

  @AfterAll
  static void stop() {
    SERVER.close();
  }

  @Test
  void a_conversation() {
    assertThat(model.chat(SENTENCE)).isEqualTo(SENTENCE);
    ChatResponse answer =
        model.chat(
            ChatRequest.builder()
                .messages(SystemMessage.from("Repeat."), UserMessage.from(SENTENCE))
                .temperature(0.7)
                .maxOutputTokens(4)
                .build());
    assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(4);
  }

  @Test
  void a_stream() throws Exception {
    OpenAiStreamingChatModel streaming =
        OpenAiStreamingChatModel.builder()
            .baseUrl(SERVER.url())
            .apiKey("none")
            .modelName("demo")
            .build();
    StringBuilder pieces = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    streaming.chat(
        SENTENCE,
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String piece) {
            pieces.append(piece);
          }

          @Override
          public void onCompleteResponse(ChatResponse answer) {
            whole.complete(answer);
          }

          @Override
          public void onError(Throwable problem) {
            whole.completeExceptionally(problem);
          }
        });
    ChatResponse answer = whole.get(60, TimeUnit.SECONDS);
    assertThat(pieces.toString()).isEqualTo(SENTENCE).isEqualTo(answer.aiMessage().text());
    assertThat(answer.tokenUsage().outputTokenCount()).isPositive();
  }

  @Test
  void an_embedding() {
    OpenAiEmbeddingModel embeddings =
        OpenAiEmbeddingModel.builder()
            .baseUrl(SERVER.url())
            .apiKey("none")
            .modelName("demo")
            .build();
    assertThat(embeddings.embed(SENTENCE).content().vector()).hasSize(256);
  }

  private static JsonObjectSchema weather() {
    return JsonObjectSchema.builder()
        .addEnumProperty("sky", java.util.List.of("blue", "grey"))
        .addBooleanProperty("rain")
        .required("sky", "rain")
        .additionalProperties(false)
        .build();
  }

  @Test
  void an_answer_of_a_schema() throws Exception {
    ChatResponse answer =
        model.chat(
            ChatRequest.builder()
                .messages(UserMessage.from("What is the weather?"))
                .responseFormat(
                    ResponseFormat.builder()
                        .type(ResponseFormatType.JSON)
                        .jsonSchema(
                            JsonSchema.builder().name("weather").rootElement(weather()).build())
                        .build())
                .build());
    JsonNode json = Http.JSON.readTree(answer.aiMessage().text());
    assertThat(json.path("sky").asText()).isIn("blue", "grey");
    assertThat(json.path("rain").isBoolean()).isTrue();
  }

  @Test
  void a_tool_that_must_be_called() throws Exception {
    ChatResponse answer =
        model.chat(
            ChatRequest.builder()
                .messages(UserMessage.from("What is the weather?"))
                .toolSpecifications(
                    ToolSpecification.builder().name("report").parameters(weather()).build())
                .toolChoice(ToolChoice.REQUIRED)
                .build());
    assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
    ToolExecutionRequest call = answer.aiMessage().toolExecutionRequests().get(0);
    assertThat(call.name()).isEqualTo("report");
    assertThat(Http.JSON.readTree(call.arguments()).path("sky").asText()).isIn("blue", "grey");
  }
}
