package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.eval.Logits;
import dev.luthier.eval.TokenIds;
import dev.luthier.format.DType;
import dev.luthier.format.GgufValue;
import dev.luthier.format.Json;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generator;
import dev.luthier.model.TinyModels;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;

/** Tiny models of every family, as they are exported and run. */
final class TinyExports {
  static final Map<String, GgufValue> NO_VOCABULARY =
      Map.of("tokenizer.ggml.model", GgufValue.of("no_vocab"));

  static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  /** A text of a vocabulary of 40. */
  static final int[] IDS = {5, 9, 3, 17, 22, 4, 38, 1, 30, 12, 7, 7, 2, 31, 11, 19, 6, 25};

  private TinyExports() {}

  /**
   * A fresh model of one family, with norms and biases that are neither ones nor zeros, but drawn
   * by the folder's name.
   */
  static Path folder(Path folder, String modelType, String more) {
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"%s","hidden_size":64,"intermediate_size":96,"num_hidden_layers":6,
             "num_attention_heads":4,"vocab_size":40,"max_position_embeddings":64,
             "initializer_range":0.2}
            """
                .formatted(modelType),
            "the test's configuration");
    config.setAll(Json.parse("{" + more + "}", "the rest of it"));
    try (PointerScope scope = new PointerScope()) {
      LoadedModel model = LOADER.fresh(config, 5);
      TinyModels.shakeVectors(model, String.valueOf(folder.getFileName()).hashCode());
      ModelFiles.write(folder, config, model.transformer().parameters().all(), DType.F32);
    }
    return folder;
  }

  /** The same with a vocabulary of 400 and texts of 128 tokens. */
  static Path speaking(Path folder, String modelType, String more) {
    String sizes = "\"vocab_size\":400,\"max_position_embeddings\":128,\"eos_token_id\":2";
    try {
      Files.createDirectories(folder);
      folder(folder, modelType, more.isEmpty() ? sizes : sizes + "," + more);
      for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
        Files.copy(TestTokenizers.chatFolder().resolve(file), folder.resolve(file));
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The model in F32. */
  static Path f32(Path model, Path file) {
    new GgufExport(model, Optional.empty(), false, GgufFileType.F32, Importance.NONE, false)
        .run(file, NO_VOCABULARY);
    return file;
  }

  /**
   * Our logits, row after row.
   *
   * @param ids as {@code luthier logits} reads them
   */
  static float[] logits(Path model, Optional<Path> adapter, String ids, Path temp)
      throws IOException {
    Path file = Files.writeString(temp.resolve("ids.json"), ids);
    Path out = temp.resolve("logits.f32");
    try (PointerScope scope = new PointerScope()) {
      LoadedModel loaded = LOADER.load(model, adapter);
      Logits.write(loaded.transformer(), TokenIds.read(file, loaded), out);
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }

  /** {@link #IDS} as {@code luthier logits} reads them. */
  static String oneText() {
    return "{\"input_ids\": [" + Arrays.toString(IDS) + "]}";
  }

  /** How our engine goes on, by the likeliest token each time. */
  static int[] greedy(Path model, int[] prompt, int tokens) {
    try (PointerScope scope = new PointerScope()) {
      Generator generator =
          new Generator(LOADER.load(model).transformer(), TestTokenizers.chat(), Set.of());
      return generator
          .generate(new GenerateRequest(prompt, GenerateSettings.greedy(tokens)))
          .tokens();
    }
  }

  /** The largest difference between two numbers. */
  static double worst(float[] expected, float[][] found) {
    int width = found[0].length;
    assertThat(expected).hasSize(width * found.length);
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(expected[i] - found[i / width][i % width]));
    }
    return worst;
  }
}
