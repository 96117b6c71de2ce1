package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufValue;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exports against files that llama.cpp's own programs wrote. */
@Tag("interop")
class GgufExportInteropTest {
  @TempDir private Path temp = Path.of("");

  private static final Map<String, GgufValue> NO_VOCABULARY =
      Map.of("tokenizer.ggml.model", GgufValue.of("no_vocab"));

  private static byte[] bytes(GgufTensor tensor) {
    ByteBuffer out = ByteBuffer.allocate((int) tensor.length());
    tensor.read(0, out);
    return out.array();
  }

  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL"})
  void the_story_model_s_files_are_reproduced(String type) {
    Gguf expected = Gguf.open(Assets.path("oracle-llamacpp/gguf/story-" + type + ".gguf"));
    Path output = temp.resolve("story.gguf");
    new GgufExport(
            Assets.path("model-llama-story-hf"),
            Optional.empty(),
            false,
            GgufFileType.valueOf(type),
            Importance.NONE,
            true)
        .run(output, NO_VOCABULARY);
    Gguf found = Gguf.open(output);
    same(found, expected);
    expected
        .metadata()
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith("llama.") || key.equals("general.file_type")) {
                assertThat(found.metadata().values()).as(key).containsKey(key);
              }
            });
  }

  private static void same(Gguf found, Gguf expected) {
    assertThat(found.tensors().keySet())
        .containsExactlyInAnyOrderElementsOf(expected.tensors().keySet());
    found
        .tensors()
        .forEach(
            (name, tensor) -> {
              GgufTensor other = expected.tensor(name).orElseThrow();
              assertThat(tensor.type()).as(name).isEqualTo(other.type());
              assertThat(tensor.shape()).as(name).isEqualTo(other.shape());
              assertThat(bytes(tensor)).as(name).isEqualTo(bytes(other));
            });
  }

  /** Rows of 64 and 172 values: what has no whole blocks falls back, some of it to F16. */
  @ParameterizedTest
  @ValueSource(strings = {"F16", "Q4_K_M", "Q6_K"})
  void a_model_of_short_rows_falls_back_as_llama_cpp_s_does(String type) {
    Path output = temp.resolve("stories.gguf");
    new GgufExport(
            Assets.path("model-stories260K/stories260Ktok512.gguf"),
            Optional.empty(),
            false,
            GgufFileType.valueOf(type),
            Importance.NONE,
            false)
        .run(output, (done, total) -> {});
    same(Gguf.open(output), Gguf.open(Assets.path("oracle-llamacpp/gguf/s260K-" + type + ".gguf")));
  }
}
