package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.tokenizer.GgufVocabulary;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokenizers in GGUF files, as llama.cpp and as we read them. */
class VocabularyTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void there_are_two_hundred_awkward_texts_and_no_two_alike() {
    assertThat(AwkwardTexts.all()).hasSizeGreaterThan(200).doesNotHaveDuplicates();
  }

  @Test
  void a_tokenizer_of_ours_gives_llama_cpp_the_same_ids() {
    Tokenizer tokenizer = TestTokenizers.chat();
    Path gguf = write(TestTokenizers.chatFolder(), 410, Set.of(0, 2));

    TokenComparison compared = TokenComparison.of(tokenizer, gguf, folder);

    assertThat(compared.differences()).isEmpty();
    assertThat(compared.texts()).isEqualTo(AwkwardTexts.all().size());
    Tokenizer back = Tokenizer.load(gguf);
    for (String text : AwkwardTexts.all()) {
      assertThat(back.encodeIds(text, true)).isEqualTo(tokenizer.encodeIds(text, true));
    }
    assertThat(back.chatTemplateSource(false)).contains(TestTokenizers.CHATML);
  }

  @Test
  void its_chat_template_is_how_the_file_is_spoken_to() {
    Path gguf = write(TestTokenizers.chatFolder(), 410, Set.of(0, 2));
    ModelLanguage language = ModelLanguage.read(gguf, Optional.empty(), false);
    List<Map<String, @Nullable Object>> asked = List.of(Map.of("role", "user", "content", "Hi"));
    assertThat(language.chat().orElseThrow().render(asked, List.of(), true).text())
        .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  }

  @Test
  void rows_without_a_token_get_names_and_stop_tokens_end_texts() {
    Path gguf = write(TestTokenizers.chatFolder(), 410, Set.of(0, 2));
    try (LlamaModel model = LlamaModel.vocabulary(gguf)) {
      assertThat(model.vocabularySize()).isEqualTo(410);
      assertThat(model.endsText(0)).isTrue();
      assertThat(model.endsText(2)).isTrue();
      assertThat(model.endsText(1)).isFalse();
      assertThat(model.endsText(11)).isFalse();
    }
  }

  @Test
  void an_unknown_way_to_cut_words_is_refused_and_named() throws IOException {
    Path source = folder.resolve("tokenizer.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json =
        (ObjectNode)
            mapper.readTree(TestTokenizers.chatFolder().resolve("tokenizer.json").toFile());
    ObjectNode split = mapper.createObjectNode().put("type", "Split").put("invert", false);
    split.put("behavior", "Isolated").putObject("pattern").put("Regex", "[aeiou]+");
    ArrayNode steps = mapper.createArrayNode().add(split).add(json.get("pre_tokenizer"));
    json.putObject("pre_tokenizer").put("type", "Sequence").set("pretokenizers", steps);
    mapper.writeValue(source.toFile(), json);
    assertThatThrownBy(() -> GgufVocabulary.of(source, 400, Set.of()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("[aeiou]+")
        .hasMessageContaining("llama-bpe")
        .hasMessageContaining("#pre-tokenizer");
  }

  @Test
  void more_tokens_than_rows_are_refused() {
    assertThatThrownBy(() -> GgufVocabulary.of(TestTokenizers.chatFolder(), 399, Set.of()))
        .hasMessageContaining("400 tokens")
        .hasMessageContaining("399 rows");
  }

  @Test
  void where_llama_cpp_ends_its_process_the_text_is_named() {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.put("tokenizer.ggml.model", GgufValue.of("llama"));
    metadata.put(
        "tokenizer.ggml.tokens", GgufValue.texts(List.of("<unk>", "<s>", "</s>", "▁", "a")));
    metadata.put("tokenizer.ggml.scores", GgufValue.float32s(List.of(0f, 0f, 0f, 0f, 0f)));
    metadata.put("tokenizer.ggml.token_type", GgufValue.int32s(List.of(2, 3, 3, 1, 1)));
    Path gguf = folder.resolve("v.gguf");
    GgufWriter.write(gguf, metadata, List.of());
    assertThatThrownBy(() -> LlamaProcess.run(LlamaRequest.tokens(gguf, List.of("a", "z")), folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("ended its process")
        .hasMessageContaining("tokenizing \"z\"");
  }

  private Path write(Path source, int rows, Set<Integer> stops) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.putAll(GgufVocabulary.of(source, rows, stops));
    Path gguf = folder.resolve("v.gguf");
    GgufWriter.write(gguf, metadata, List.of());
    return gguf;
  }
}
