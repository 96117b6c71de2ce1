package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import dev.luthier.tensor.ComputeDtype;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** GGUF files of others are served: what they answer is what others had of them. */
@Tag("interop")
class LlamaServedInteropTest {
  private static final String LOGITS = "oracle-llamacpp/logits/";
  private static final String STORIES = "model-stories260K/";

  private static Engine serve(String file) {
    return Engines.open(
        EngineSettings.of(Assets.path(file))
            .withDtype(ComputeDtype.FLOAT32)
            .withThreads(1)
            .withLimits(8, 0, 256, 1));
  }

  private static int[] ids(String name) throws IOException {
    return Arrays.stream(
            Files.readString(Assets.path(LOGITS + name + ".ids")).trim().split("[,\\s]+"))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  private static int best(float[] row) {
    int best = 0;
    for (int i = 1; i < row.length; i++) {
      best = row[i] > row[best] ? i : best;
    }
    return best;
  }

  /** Of every beginning of the recorded text, all asked for at once. */
  @ParameterizedTest
  @CsvSource({
    "oracle-llamacpp/gguf/story-F32.gguf, story, story-F32, 1",
    "oracle-llamacpp/gguf/story-Q8_0.gguf, story, story-Q8_0, 0.98",
    "oracle-llamacpp/gguf/story-Q4_0.gguf, story, story-Q4_0, 0.9",
    "model-stories260K/stories260Ktok512.gguf, stories260K, stories260K-F32, 1",
    "oracle-llamacpp/gguf/s260K-Q4_K_M.gguf, stories260K, stories260K-Q4_K_M, 0.9",
    "model-llama2-tiny-random-gguf/llama-2-tiny-random.gguf, llama2-tiny-random,"
        + " llama2-tiny-random, 1",
  })
  void the_next_token_is_the_one_that_llama_cpp_recorded(
      String file, String text, String oracle, double least) throws IOException {
    int[] ids = ids(text);
    float[] logits = Assets.floats(LOGITS + oracle + ".logits.f32");
    int width = logits.length / ids.length;
    try (Engine engine = serve(file)) {
      List<Asked> asked = new ArrayList<>();
      int most = Math.min(ids.length, 120);
      for (int length = 1; length <= most; length++) {
        asked.add(Asked.of(engine, Arrays.copyOf(ids, length), GenerateSettings.greedy(1)));
      }
      int same = 0;
      for (int t = 0; t < most; t++) {
        int expected = best(Arrays.copyOfRange(logits, t * width, (t + 1) * width));
        same += asked.get(t).get().tokens()[0] == expected ? 1 : 0;
      }
      assertThat((double) same / most).isBetween(least, 1.0);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "oracle-llamacpp/gguf/story-F32.gguf | 32 | , a little girl named Lily lived in a small"
            + " house with her mom, dad, and her dog, Spot",
        "model-stories260K/stories260Ktok512.gguf | 200 | , there was a little girl named Lily."
      })
  void the_published_text_is_written(String file, int tokens, String begins) throws IOException {
    String published =
        file.startsWith(STORIES)
            ? Files.readString(Assets.path(STORIES + "expected-output-stories260K.md"))
            : begins;
    try (Engine engine = serve(file)) {
      int[] prompt =
          engine.language(Optional.empty()).tokenizer().encodeIds("Once upon a time", true);
      Asked asked = Asked.of(engine, prompt, GenerateSettings.greedy(tokens));
      asked.get();
      String text = asked.text.toString();
      assertThat(text).startsWith(begins);
      if (file.startsWith(STORIES)) {
        assertThat(published).contains("Once upon a time" + text);
      }
    }
  }

  /** Of these nobody recorded what they answer: served, they answer as they do alone. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "story-F16",
        "story-BF16",
        "story-Q4_1",
        "story-Q5_0",
        "story-Q5_1",
        "story-IQ4_NL",
        "s260K-F16",
        "s260K-Q6_K"
      })
  void files_of_every_type_are_served(String name) throws IOException {
    String file = "oracle-llamacpp/gguf/" + name + ".gguf";
    int[] prompt = Arrays.copyOf(ids(name.startsWith("story") ? "story" : "stories260K"), 20);
    int[] expected = new int[16];
    try (LlamaModel model = LlamaModel.open(Assets.path(file));
        LlamaContext context = model.context(LlamaSettings.exact(64))) {
      int[] all = Arrays.copyOf(prompt, prompt.length + expected.length);
      for (int i = 0; i < expected.length; i++) {
        float[][] logits = context.logits(Arrays.copyOf(all, prompt.length + i));
        expected[i] = best(logits[logits.length - 1]);
        all[prompt.length + i] = expected[i];
      }
    }
    try (Engine engine = serve(file)) {
      Asked one = Asked.of(engine, prompt, GenerateSettings.greedy(expected.length));
      Asked beside = Asked.of(engine, Arrays.copyOf(prompt, 7), GenerateSettings.greedy(16));
      assertThat(one.get().tokens()).isEqualTo(expected);
      assertThat(beside.get().tokens()).hasSize(16);
    }
  }
}
