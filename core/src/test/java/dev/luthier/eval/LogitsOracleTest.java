package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file that {@code luthier logits} writes, against other engines'. */
@Tag("interop")
class LogitsOracleTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @ParameterizedTest
  @CsvSource({
    "llama_bias_headdim,logits",
    "llama_bias_headdim,logits_right",
    "llama_bias_headdim,logits_posids",
    "llama_gqa_tied,logits",
    "llama_gqa_tied,logits_right",
    "llama_gqa_tied,logits_posids",
    "llama_rope_llama3,logits",
    "llama_rope_llama3,logits_right",
    "llama_rope_llama3,logits_posids",
    "llama_rope_yarn_orig,logits",
    "llama_rope_yarn_orig,logits_right",
    "llama_rope_yarn_orig,logits_posids"
  })
  void the_written_logits_are_those_of_transformers(String name, String run, @TempDir Path folder)
      throws IOException {
    String root = "oracle-transformers/" + name;
    JsonNode in = Assets.json(root + "/ids.json").get(run);
    Path ids = Files.writeString(folder.resolve("ids.json"), in.toString());
    Transformer model = LOADER.load(Assets.path(root)).transformer();
    float[] actual = write(model, ids, folder.resolve("out.f32"));
    float[] expected = Assets.floats(root + "/" + run + ".f32");
    long[][] mask = Assets.matrix(in.get("attention_mask"));
    assertThat(actual).hasSameSizeAs(expected);
    int width = model.shape().vocabulary();
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      int token = i / width;
      if (mask[token / mask[0].length][token % mask[0].length] == 1) {
        worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
      }
    }
    assertThat(worst).isLessThan(1e-4);
  }

  @ParameterizedTest
  @CsvSource({
    "model-llama-story-hf,story,175,2048",
    "model-stories260K/stories260K.bin,stories260K,352,512"
  })
  void the_story_models_logits_are_those_of_llama_cpp(
      String path, String name, int tokens, int vocabulary, @TempDir Path folder)
      throws IOException {
    String logits = "oracle-llamacpp/logits/" + name;
    String list = Files.readString(Assets.path(logits + ".ids")).strip().replace(' ', ',');
    Path ids = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": [[" + list + "]]}");
    Transformer model = LOADER.load(Assets.path(path)).transformer();
    float[] actual = write(model, ids, folder.resolve("out.f32"));
    float[] expected = Assets.floats(logits + "-F32.logits.f32");
    assertThat(actual).hasSize(tokens * vocabulary).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    assertThat(worst).isLessThan(1e-4);
  }

  private static float[] write(Transformer model, Path ids, Path out) throws IOException {
    Logits.write(model, TokenIds.read(ids, model.shape().vocabulary()), out);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }
}
