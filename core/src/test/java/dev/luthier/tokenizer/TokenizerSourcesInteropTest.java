package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokenizers made of other files are those that were published as a tokenizer.json. */
@Tag("interop")
class TokenizerSourcesInteropTest {
  /** Special tokens of all the families below, some of which each vocabulary has. */
  private static final List<String> SPECIAL =
      List.of("</s>", "<s>", "<unk>", "<|endoftext|>", "[MASK]", "[SEP]", "<extra_id_7>", "<pad>");

  @ParameterizedTest
  @CsvSource({
    "tok-tinyllama-hf, tokenizer.model tokenizer_config.json special_tokens_map.json",
    "tok-llmfoundry-hf/t5, spiece.model tokenizer_config.json special_tokens_map.json",
    "tok-gpt2, vocab.json merges.txt",
    "model-tiny-gpt2-realvocab-hf, vocab.json merges.txt tokenizer_config.json config.json",
    "adapter-gpt2-kto-hh, vocab.json merges.txt tokenizer_config.json special_tokens_map.json",
    "tok-llmfoundry-hf/bertt, vocab.txt tokenizer_config.json special_tokens_map.json",
    "tok-llmfoundry-hf/bertt, vocab.txt"
  })
  void ids_are_those_of_the_published_tokenizer_json(
      String asset, String files, @TempDir Path folder) throws IOException {
    Path source = Assets.path(asset);
    for (String name : files.split(" ")) {
      Files.copy(source.resolve(name), folder.resolve(name));
    }
    assertAlike(Tokenizer.load(source), Tokenizer.load(folder));
  }

  /** A GGUF file's vocabulary is that of the model that it was converted from. */
  @ParameterizedTest
  @CsvSource({
    "model-llama2-tiny-random-gguf/llama-2-tiny-random.gguf, tok-tinyllama-hf",
    "tok-llamacpp-vocab-gguf/ggml-vocab-llama-spm.gguf, tok-tinyllama-hf",
    "tok-llamacpp-vocab-gguf/ggml-vocab-gpt-2.gguf, tok-gpt2",
    "tok-llamacpp-vocab-gguf/ggml-vocab-bert-bge.gguf, tok-bert"
  })
  void ids_from_a_gguf_file_are_those_of_its_origin(String gguf, String origin) throws IOException {
    assertAlike(Tokenizer.load(Assets.path(origin)), Tokenizer.load(Assets.path(gguf)));
  }

  /**
   * The story model finds special tokens after putting spaces, and tok512.model drops extra spaces;
   * llama.cpp's converter keeps neither, nor does llama2.c's.
   */
  @ParameterizedTest
  @CsvSource({
    "oracle-llamacpp/gguf/story-F16.gguf, model-llama-story-hf",
    "oracle-llamacpp/gguf/s260K-Q6_K.gguf, model-stories260K/tok512.model",
    "model-stories260K/stories260Ktok512.gguf, model-stories260K/tok512.model",
    "model-stories260K/tok512.bin, model-stories260K/tok512.model"
  })
  void plain_texts_have_the_same_ids_from_a_converted_file(String gguf, String origin)
      throws IOException {
    Tokenizer published = Tokenizer.load(Assets.path(origin));
    Tokenizer converted = Tokenizer.load(Assets.path(gguf));
    for (String text : corpus()) {
      String plain = text.replaceAll(" {2,}", " ").strip();
      if (SPECIAL.stream().noneMatch(plain::contains)) {
        assertThat(converted.encodeIds(plain, true))
            .as(plain)
            .isEqualTo(published.encodeIds(plain, true));
      }
    }
  }

  @Test
  void other_published_models_load_and_give_texts_back() {
    for (String path :
        List.of(
            "tok-llamacpp-vocab-gguf/ggml-vocab-gpt-neox.gguf",
            "tok-llamacpp-vocab-gguf/ggml-vocab-phi-3.gguf",
            "model-tinypellm-ptbin",
            "model-torchtune-tiny/m.model")) {
      Tokenizer tokenizer = Tokenizer.load(Assets.path(path));
      String text = "The quick brown fox, it jumps.";
      assertThat(tokenizer.decode(tokenizer.encodeIds(text, false), true)).as(path).isEqualTo(text);
    }
  }

  /** The config says nothing of roles in this folder: the model itself does. */
  @Test
  void a_sentencepiece_model_alone_knows_its_roles() {
    Tokenizer published = Tokenizer.load(Assets.path("tok-tinyllama-hf"));
    Tokenizer alone = Tokenizer.load(Assets.path("tok-tinyllama-hf/tokenizer.model"));
    assertThat(alone.bosId()).isEqualTo(published.bosId());
    assertThat(alone.encodeIds("hello there", true))
        .isEqualTo(published.encodeIds("hello there", true));
  }

  @Test
  void tiktoken_ranks_of_llama_3_make_its_merges(@TempDir Path vocabMerges, @TempDir Path ranks)
      throws IOException {
    Path source = Assets.path("tok-llama3.2-hf-vocab-merges");
    for (String name : List.of("encoder.json", "vocab.bpe", "special_tokens_map.json")) {
      Files.copy(source.resolve(name), vocabMerges.resolve(name));
    }
    Files.copy(
        source.resolve("Meta-Llama-3-8B.tokenizer_config.json"),
        vocabMerges.resolve("tokenizer_config.json"));
    StringBuilder lines = new StringBuilder();
    for (Map.Entry<String, JsonNode> token :
        Assets.json("tok-llama3.2-hf-vocab-merges/encoder.json").properties()) {
      byte[] bytes = ByteLetters.read(token.getKey());
      lines.append(Base64.getEncoder().encodeToString(bytes)).append(' ').append(token.getValue());
      lines.append('\n');
    }
    Files.writeString(ranks.resolve("tokenizer.model"), lines);
    assertThat(TokenizerSource.at(ranks).kind()).isEqualTo(TokenizerSource.Kind.TIKTOKEN);
    assertAlike(Tokenizer.load(vocabMerges), Tokenizer.load(ranks));
  }

  @Test
  void llama_3_2_has_the_special_tokens_of_its_configuration(@TempDir Path folder)
      throws IOException {
    StringBuilder bytes = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      bytes.append(Base64.getEncoder().encodeToString(new byte[] {(byte) b})).append(' ').append(b);
      bytes.append('\n');
    }
    Files.writeString(folder.resolve("tokenizer.model"), bytes);
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\": \"llama\", \"rope_scaling\": {\"rope_type\": \"llama3\"}}");
    Tokenizer tokenizer = Tokenizer.load(folder);
    JsonNode added =
        Assets.json("tok-llama3.2-hf-vocab-merges/tokenizer_config.json")
            .path("added_tokens_decoder");
    assertThat(added).hasSize(256);
    added
        .properties()
        .forEach(
            token ->
                assertThat(tokenizer.token(256 + Integer.parseInt(token.getKey()) - 128_000))
                    .isEqualTo(token.getValue().path("content").asText()));
  }

  @ParameterizedTest
  @CsvSource({
    "tok-tinyllama-hf, 32000, ''",
    "tok-gpt2, 50257, ''",
    "tok-llmfoundry-hf/t5, 32100, ''",
    "tok-bert, 1, [unused0]",
    "tok-llamacpp-vocab-gguf/ggml-vocab-phi-3.gguf, 32002, <|placeholder1|>"
  })
  void new_tokens_take_reserved_ids_or_the_next(
      String asset, int id, String reserved, @TempDir Path to) {
    assertThat(NewTokens.add(Assets.path(asset), List.of("<|im_start|>"), to))
        .containsExactly(
            new NewTokens.NewToken(
                "<|im_start|>", id, Optional.of(reserved).filter(name -> !name.isEmpty())));
    Tokenizer before = Tokenizer.load(Assets.path(asset));
    Tokenizer after = Tokenizer.load(to);
    String text = "hello, there are two  spaces";
    assertThat(after.encodeIds(text, true)).isEqualTo(before.encodeIds(text, true));
    assertThat(after.encodeIds("<|im_start|>", false)).containsExactly(id);
  }

  static void assertAlike(Tokenizer published, Tokenizer converted) throws IOException {
    assertThat(converted.vocabSize()).isEqualTo(published.vocabSize());
    assertThat(converted.specialIds()).isEqualTo(published.specialIds());
    for (String text : corpus()) {
      int[] ids = published.encodeIds(text, false);
      assertThat(converted.encodeIds(text, false)).as(text).isEqualTo(ids);
      assertThat(converted.decode(ids, false)).isEqualTo(published.decode(ids, false));
    }
    for (String text : List.of("", "hello there", "  two  spaces ")) {
      assertThat(converted.encodeIds(text, true)).isEqualTo(published.encodeIds(text, true));
    }
  }

  private static List<String> corpus() throws IOException {
    List<String> texts = new ArrayList<>(WordCacheTest.awkward(11, 300));
    try (Stream<String> lines = Files.lines(Assets.path("data-wikitext-2/valid.txt"))) {
      lines.limit(600).forEach(texts::add);
    }
    Random random = new Random(5);
    JsonNode rows = Assets.json("data-alpaca/alpaca_data_cleaned_1000.json");
    for (int i = 0; i < 400; i++) {
      texts.add(rows.get(i).path("output").asText());
    }
    for (int run = 0; run < 1000; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(10); i >= 0; i--) {
        List<String> from = random.nextInt(8) == 0 ? SPECIAL : TokenPlacesTest.PIECES;
        text.append(from.get(random.nextInt(from.size())));
      }
      texts.add(text.toString());
    }
    return texts;
  }
}
