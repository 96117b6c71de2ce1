package dev.luthier.data.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.format.DType;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFindingsTest {
  private static final int WIDTH = 4;

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void markers_that_are_no_tokens_are_told() throws IOException {
    Tokenizer tokenizer = TestTokenizers.write(folder, 400, TestTokenizers.roles(false));
    assertThat(findings(tokenizer, "auto")).isEmpty();
    assertThat(findings(tokenizer, "zephyr"))
        .anyMatch(f -> f.fault() == Fault.SPLIT_MARKERS && f.words().contains("<|assistant|>"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.embed_tokens.weight",
        "transformer.wte.weight",
        "bert.embeddings.word_embeddings.weight",
        "gpt_neox.embed_in.weight",
        "shared.weight"
      })
  void special_tokens_whose_rows_are_zero_or_alike_are_untrained(String name) throws IOException {
    Tokenizer tokenizer = TestTokenizers.write(folder, 400, TestTokenizers.roles(false));
    float[] embedding = new float[tokenizer.vocabSize() * WIDTH];
    for (int i = 0; i < embedding.length; i++) {
      embedding[i] = i + 1;
    }
    write(name, embedding);
    assertThat(findings(tokenizer, "auto")).isEmpty();
    int end = tokenizer.idOf(TestTokenizers.IM_END).orElseThrow();
    for (int i = 0; i < WIDTH; i++) {
      embedding[end * WIDTH + i] = 0;
    }
    write(name, embedding);
    assertThat(findings(tokenizer, "auto"))
        .singleElement()
        .matches(f -> f.fault() == Fault.UNTRAINED_TOKENS)
        .matches(f -> f.words().endsWith(": " + TestTokenizers.IM_END));
    int start = tokenizer.idOf(TestTokenizers.IM_START).orElseThrow();
    System.arraycopy(embedding, start * WIDTH, embedding, end * WIDTH, WIDTH);
    write(name, embedding);
    assertThat(findings(tokenizer, "auto"))
        .singleElement()
        .matches(f -> f.words().contains(TestTokenizers.IM_START));
  }

  @Test
  void markers_of_the_models_own_template_may_be_meant_as_they_are() throws IOException {
    Tokenizer tokenizer = TestTokenizers.write(folder, 400, TestTokenizers.roles(false));
    assertThat(
            ModelFindings.of(folder, tokenizer, ChatTemplates.encoder(tokenizer, "zephyr"), true))
        .singleElement()
        .matches(f -> f.fault() == Fault.SPLIT_MARKERS && f.severity() == Severity.NOTE)
        .matches(f -> f.advice().isEmpty());
  }

  private List<Finding> findings(Tokenizer tokenizer, String template) {
    return ModelFindings.of(folder, tokenizer, ChatTemplates.encoder(tokenizer, template), false);
  }

  private void write(String name, float[] embedding) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * embedding.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : embedding) {
      bytes.putFloat(value);
    }
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        List.of(
            new SafetensorsWriter.Entry(
                name,
                DType.F32,
                List.of((long) embedding.length / WIDTH, (long) WIDTH),
                target -> {
                  ByteBuffer copy = bytes.duplicate().flip();
                  while (copy.hasRemaining()) {
                    target.write(copy);
                  }
                })),
        Map.of());
    assertThat(Files.size(folder.resolve("model.safetensors"))).isPositive();
  }
}
