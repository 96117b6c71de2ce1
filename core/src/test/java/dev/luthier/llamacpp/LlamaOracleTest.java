package dev.luthier.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.Assets;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The binding against logits that llama.cpp's own program printed. */
@Tag("interop")
class LlamaOracleTest {
  private static final String ORACLE = "oracle-llamacpp/logits/";

  @ParameterizedTest
  @CsvSource({
    "oracle-llamacpp/gguf/story-F32.gguf, story, story-F32, 1e-4",
    "oracle-llamacpp/gguf/story-Q8_0.gguf, story, story-Q8_0, 0.2",
    "oracle-llamacpp/gguf/story-Q4_0.gguf, story, story-Q4_0, 2",
    "model-stories260K/stories260Ktok512.gguf, stories260K, stories260K-F32, 1e-4",
  })
  void its_logits_are_those_recorded(String file, String text, String oracle, float most)
      throws IOException {
    int[] ids = ids(text);
    float[] expected = Assets.floats(ORACLE + oracle + ".logits.f32");
    try (LlamaModel model = LlamaModel.open(Assets.path(file));
        LlamaContext context = model.context(LlamaSettings.exact(ids.length))) {
      float[][] logits = context.logits(ids);
      float worst = 0;
      for (int t = 0; t < ids.length; t++) {
        for (int v = 0; v < model.vocabularySize(); v++) {
          worst =
              Math.max(worst, Math.abs(logits[t][v] - expected[t * model.vocabularySize() + v]));
        }
      }
      assertThat(worst).isLessThan(most);
    }
  }

  @Test
  void it_tokenizes_and_writes_back() throws IOException {
    String text = Files.readString(Assets.path(ORACLE + "text.txt"), StandardCharsets.UTF_8);
    try (LlamaModel model =
        LlamaModel.vocabulary(Assets.path("oracle-llamacpp/gguf/story-F32.gguf"))) {
      int[] ids = model.tokenize(text, true, false);
      assertThat(ids).isEqualTo(ids("story"));
      assertThat(model.detokenize(ids, false).strip()).isEqualTo(text.strip());
    }
  }

  @Test
  void sequences_of_one_batch_are_as_each_alone() throws IOException {
    int[] ids = Arrays.copyOf(ids("story"), 24);
    Path file = Assets.path("oracle-llamacpp/gguf/story-F32.gguf");
    try (LlamaModel model = LlamaModel.open(file);
        LlamaContext alone = model.context(LlamaSettings.exact(64));
        LlamaContext together = model.context(new LlamaSettings(128, 64, 3, 1, true))) {
      float[][] expected = alone.logits(ids);
      LlamaBatch batch = new LlamaBatch(64);
      for (int t = 0; t < 16; t++) {
        batch.add(ids[t], t, 1, false);
      }
      together.decode(batch);
      together.share(1, 2, 10);
      assertThat(together.used()).isEqualTo(16);
      batch.clear();
      int a = batch.add(ids[16], 16, 1, true);
      for (int t = 10; t < 20; t++) {
        batch.add(ids[t], t, 2, t == 19);
      }
      together.decode(batch);
      assertThat(together.logits(a)).containsExactly(expected[16], within(1e-4f));
      assertThat(together.logits(batch.size() - 1)).containsExactly(expected[19], within(1e-4f));
      together.remove(1, 0, -1);
      assertThat(together.used()).isEqualTo(20);
    }
  }

  @Test
  void a_file_that_it_refuses_says_why() {
    assertThatThrownBy(() -> LlamaModel.open(Assets.path(ORACLE + "text.txt")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("text.txt")
        .hasMessageContaining("GGUF");
  }

  private static int[] ids(String name) throws IOException {
    return Arrays.stream(
            Files.readString(Assets.path(ORACLE + name + ".ids")).trim().split("[,\\s]+"))
        .mapToInt(Integer::parseInt)
        .toArray();
  }
}
