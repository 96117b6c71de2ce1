package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.StructuredChatCompletionCreateParams;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own Java client against a server on the demo's model; docs/serve.md quotes this. */
class OpenAiClientTest {
  private static final String SENTENCE = "The poor queen cleaned the pencil.";
  private static final DemoServer SERVER = new DemoServer();

  private final OpenAIClient client =
      OpenAIOkHttpClient.builder().baseUrl(SERVER.url()).apiKey("none").maxRetries(0).build();

  @AfterAll
  static void stop() {
    SERVER.close();
  }

  private static ChatCompletionCreateParams.Builder ask(String text) {
    return ChatCompletionCreateParams.builder().model("demo").addUserMessage(text);
  }

  @Test
  void a_conversation() {
    ChatCompletion answer =
        client.chat().completions().create(ask(SENTENCE).logprobs(true).topLogprobs(2).build());
    ChatCompletion.Choice choice = answer.choices().get(0);
    assertThat(choice.message().content()).hasValue(SENTENCE);
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(choice.logprobs().orElseThrow().content().orElseThrow())
        .allMatch(token -> token.topLogprobs().size() == 2 && token.logprob() <= 0);
    assertThat(answer.usage().orElseThrow().completionTokens()).isPositive();
  }

  @Test
  void a_stream() {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(ask(SENTENCE).build())) {
      String text =
          stream.stream()
              .flatMap(chunk -> chunk.choices().stream())
              .flatMap(choice -> choice.delta().content().stream())
              .collect(Collectors.joining());
      assertThat(text).isEqualTo(SENTENCE);
    }
  }

  @Test
  void a_completion() {
    Completion completion =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model("demo")
                    .prompt("Once upon a time")
                    .maxTokens(5)
                    .logprobs(1)
                    .build());
    assertThat(completion.choices().get(0).text()).isNotEmpty();
    assertThat(completion.choices().get(0).logprobs().orElseThrow().tokens().orElseThrow())
        .hasSize(5);
  }

  @Test
  void embeddings_of_like_texts_are_alike() {
    List<float[]> vectors =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model("demo")
                    .inputOfArrayOfStrings(
                        List.of(SENTENCE, "The poor queen cleaned the hat.", "Where do you live?"))
                    .build())
            .data()
            .stream()
            .map(e -> floats(e.embedding()))
            .toList();
    assertThat(dot(vectors.get(0), vectors.get(0))).isBetween(0.999, 1.001);
    assertThat(dot(vectors.get(0), vectors.get(1)))
        .isGreaterThan(dot(vectors.get(0), vectors.get(2)));
  }

  private static float[] floats(List<Float> list) {
    float[] array = new float[list.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = list.get(i);
    }
    return array;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void models_and_errors() {
    assertThat(client.models().list().data()).extracting(m -> m.id()).containsExactly("demo");
    assertThatThrownBy(
            () -> client.chat().completions().create(ask(SENTENCE).model("other").build()))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("there is no model other");
  }

  /** What an answer is to look like. */
  public static final class Sighting {
    public Animal animal = Animal.OX;
    public boolean tame;
  }

  /** What there is to see. */
  public enum Animal {
    CAT,
    DOG,
    OX
  }

  @Test
  void an_answer_of_a_class_of_ones_own() {
    StructuredChatCompletionCreateParams<Sighting> params =
        ask("What did you see?").responseFormat(Sighting.class).build();
    Sighting sighting =
        client
            .chat()
            .completions()
            .create(params)
            .choices()
            .get(0)
            .message()
            .content()
            .orElseThrow();
    assertThat(sighting.animal).isIn((Object[]) Animal.values());
  }

  @Test
  void a_tool_that_must_be_called() {
    FunctionParameters parameters =
        FunctionParameters.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty(
                "properties",
                JsonValue.from(Map.of("unit", Map.of("enum", List.of("celsius", "fahrenheit")))))
            .putAdditionalProperty("required", JsonValue.from(List.of("unit")))
            .putAdditionalProperty("additionalProperties", JsonValue.from(false))
            .build();
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ask("How warm is it?")
                    .addTool(
                        ChatCompletionFunctionTool.builder()
                            .function(
                                FunctionDefinition.builder()
                                    .name("temperature")
                                    .parameters(parameters)
                                    .build())
                            .build())
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                    .build());
    assertThat(answer.choices().get(0).finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
    var call = answer.choices().get(0).message().toolCalls().orElseThrow().get(0).asFunction();
    assertThat(call.function().name()).isEqualTo("temperature");
    assertThat(call.function().arguments())
        .matches("\\{\\s*\"unit\":\\s*\"(celsius|fahrenheit)\"\\s*}");
  }
}
