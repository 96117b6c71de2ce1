package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.tokenizer.GgufVocabulary;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published tokenizers, written into GGUF files, give llama.cpp the ids that they give us. */
@Tag("interop")
class VocabularyInteropTest {
  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "tok-gpt2, gpt-2",
    "tok-qwen2.5, qwen2",
    "tok-llama3.2-hf-vocab-merges, llama-bpe",
    "tok-bert, default",
    "tok-tinyllama-hf, default",
    "tok-tinyllama-hf/tokenizer.model, default",
    "tok-llmfoundry-hf/t5, default",
    "tok-llmfoundry-hf/bertt, default",
    "model-llama-story-hf, default",
    "model-stories260K/tok512.model, default",
    "model-tiny-gpt2-realvocab-hf, gpt-2",
    "model-torchtune-tiny/m.model, default",
    "tok-llamacpp-vocab-gguf/ggml-vocab-falcon.gguf, falcon",
    "tok-llamacpp-vocab-gguf/ggml-vocab-gpt-neox.gguf, olmo",
    "tok-llamacpp-vocab-gguf/ggml-vocab-phi-3.gguf, default",
    "tok-llamacpp-vocab-gguf/ggml-vocab-llama-spm.gguf, default",
    "tok-llamacpp-vocab-gguf/ggml-vocab-bert-bge.gguf, default",
  })
  void llama_cpp_reads_the_same_ids(String path, String pre) {
    Path source = Assets.path(path);
    Tokenizer tokenizer = Tokenizer.load(source);
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.putAll(GgufVocabulary.of(source, tokenizer.vocabSize() + 2, Set.of()));
    assertThat(metadata).containsEntry("tokenizer.ggml.pre", GgufValue.of(pre));
    Path gguf = folder.resolve("vocabulary.gguf");
    GgufWriter.write(gguf, metadata, List.of());

    TokenComparison compared = TokenComparison.of(tokenizer, gguf, folder);

    Tokenizer back = Tokenizer.load(gguf);
    List<String> differ = new ArrayList<>();
    for (String text : AwkwardTexts.all()) {
      if (!Arrays.equals(back.encodeIds(text, true), tokenizer.encodeIds(text, true))) {
        differ.add(text);
      }
    }
    assertThat(compared.differences()).isEmpty();
    assertThat(differ).isEmpty();
  }
}
