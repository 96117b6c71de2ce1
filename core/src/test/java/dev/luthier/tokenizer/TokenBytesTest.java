package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.Assets;
import dev.luthier.LuthierException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenBytesTest {
  private static final List<String> TEXTS =
      List.of(
          "{\"name\": \"Größe\", \"list\": [1, -2.5e3, null]}",
          "Hello world, it's 2024!  Two spaces\n\nand lines.\ttab",
          "日本語の文章 한국어 🙂🙃 👩‍👩‍👧 Кошка",
          "   leading and trailing   ",
          "for (int i = 0; i < 10; i++) {\n    sum += v[i];\n}\n");

  private static String joined(TokenBytes bytes, int[] ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int id : ids) {
      out.writeBytes(bytes.of(id));
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void byte_level_tokens_spell_every_text() {
    Tokenizer tokenizer = TestTokenizers.chat();
    for (String text : TEXTS) {
      assertThat(joined(tokenizer.bytes(), tokenizer.encodeIds(text, false))).isEqualTo(text);
    }
  }

  @Test
  void sentence_pieces_spell_every_text_with_the_space_put_before_it() {
    Tokenizer tokenizer = TestTokenizers.sentencePiece();
    for (String text : TEXTS) {
      assertThat(joined(tokenizer.bytes(), tokenizer.encodeIds(text, false))).isEqualTo(" " + text);
    }
  }

  @Test
  void a_byte_token_is_one_byte() {
    Tokenizer tokenizer = TestTokenizers.sentencePiece();
    int id = tokenizer.idOf("<0xE4>").orElseThrow();
    assertThat(tokenizer.bytes().of(id)).containsExactly(0xE4);
  }

  @Test
  void a_decoder_that_is_not_known_is_refused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(
        file,
        """
        {"added_tokens": [], "decoder": {"type": "BPEDecoder", "suffix": "</w>"},
         "model": {"type": "BPE", "vocab": {"a</w>": 0}, "merges": []}}\
        """);
    Tokenizer tokenizer = Tokenizer.fromFile(file);
    assertThatThrownBy(tokenizer::bytes)
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("BPEDecoder");
  }

  /** Whether texts come back whole; else only what decoding makes of the ids does. */
  @Tag("interop")
  @ParameterizedTest
  @CsvSource({
    "tok-gpt2, true",
    "tok-qwen2.5, true",
    "tok-llama3.2-hf-vocab-merges, true",
    "tok-tinyllama-hf, true",
    "adapter-opt125m-lora, true",
    "model-llama-story-hf, false",
    "tok-bert, false",
    "tok-llmfoundry-hf/t5, false",
    "tok-llmfoundry-hf/bertt, false",
    "model-stories260K/tok512.model, false",
    "model-llama2-tiny-random-gguf, true",
    "tok-llamacpp-vocab-gguf/ggml-vocab-bert-bge.gguf, false",
    "tok-llamacpp-vocab-gguf/ggml-vocab-falcon.gguf, true",
    "tok-llamacpp-vocab-gguf/ggml-vocab-gpt-2.gguf, true",
    "tok-llamacpp-vocab-gguf/ggml-vocab-gpt-neox.gguf, true",
    "tok-llamacpp-vocab-gguf/ggml-vocab-llama-spm.gguf, true",
    "tok-llamacpp-vocab-gguf/ggml-vocab-phi-3.gguf, true"
  })
  void tokens_of_published_vocabularies_spell_texts(String asset, boolean whole) {
    Tokenizer tokenizer = Tokenizer.load(Assets.path(asset));
    TokenBytes bytes = tokenizer.bytes();
    for (String text : TEXTS) {
      int[] ids = tokenizer.encodeIds(text, false);
      String joined = joined(bytes, ids);
      if (whole) {
        assertThat(joined).isIn(text, " " + text);
      }
      String decoded = tokenizer.decode(ids, false);
      assertThat(joined).isIn(decoded, " " + decoded);
    }
  }
}
