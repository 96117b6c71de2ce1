package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The file that {@code luthier logits} writes, against other engines'. */
@Tag("interop")
class LogitsOracleTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  private static final List<String> FOLDERS =
      List.of(
          "bert_mlm",
          "bert_seqcls",
          "bert_seqcls_multilabel",
          "bloom",
          "distilbert_mlm",
          "falcon_40b",
          "falcon_7b",
          "gemma",
          "gemma2",
          "gemma3_text",
          "gpt2",
          "gpt_neo",
          "gpt_neox_parallel",
          "gptj",
          "llama_bias_headdim",
          "llama_gqa_tied",
          "llama_rope_llama3",
          "llama_rope_yarn_orig",
          "mistral_sw",
          "mixtral",
          "opt",
          "phi2",
          "phi3_longrope",
          "qwen2_sliding_layers",
          "qwen2_tied",
          "qwen3_tied",
          "roberta_mlm",
          "t5_gated_gelu");

  static Stream<Arguments> runs() {
    return FOLDERS.stream()
        .flatMap(
            folder -> {
              List<Arguments> out = new ArrayList<>();
              Assets.json("oracle-transformers/" + folder + "/ids.json")
                  .fieldNames()
                  .forEachRemaining(run -> out.add(Arguments.of(folder, run)));
              return out.stream();
            });
  }

  @ParameterizedTest
  @MethodSource("runs")
  void the_written_logits_are_those_of_transformers(String name, String run, @TempDir Path folder)
      throws IOException {
    String root = "oracle-transformers/" + name;
    JsonNode in = Assets.json(root + "/ids.json").get(run);
    Path ids = Files.writeString(folder.resolve("ids.json"), in.toString());
    LoadedModel model = LOADER.load(Assets.path(root));
    float[] actual = write(model, ids, folder.resolve("out.f32"));
    float[] expected = Assets.floats(root + "/" + run + ".f32");
    assertThat(actual).hasSameSizeAs(expected);
    boolean ofTokens =
        model.transformer().task().isLanguage()
            && model.transformer().kind() != Transformer.Kind.ENCODER_DECODER;
    long[][] mask = Assets.matrix(in.get("attention_mask"));
    int width = model.transformer().head().out();
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      int token = i / width;
      if (!ofTokens || mask[token / mask[0].length][token % mask[0].length] == 1) {
        worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
      }
    }
    assertThat(worst).isLessThan(name.equals("gpt_neo") ? 1e-3 : 1e-4);
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
    LoadedModel model = LOADER.load(Assets.path(path));
    float[] actual = write(model, ids, folder.resolve("out.f32"));
    float[] expected = Assets.floats(logits + "-F32.logits.f32");
    assertThat(actual).hasSize(tokens * vocabulary).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    assertThat(worst).isLessThan(1e-4);
  }

  private static float[] write(LoadedModel model, Path ids, Path out) throws IOException {
    Logits.write(model.transformer(), TokenIds.read(ids, model), out);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }
}
