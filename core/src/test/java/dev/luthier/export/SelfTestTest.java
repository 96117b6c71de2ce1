package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.LuthierException;
import dev.luthier.format.GgufValue;
import dev.luthier.tokenizer.GgufVocabulary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A sound export passes, and an unsound one does not. */
class SelfTestTest {
  @TempDir private Path temp = Path.of("");

  private Path model(String name) {
    return TinyExports.speaking(
        temp.resolve(name), "llama", "\"num_key_value_heads\":2,\"num_hidden_layers\":2");
  }

  private Path export(Path model, GgufFileType type) {
    Path file = temp.resolve(type + ".gguf");
    new GgufExport(model, Optional.empty(), false, type, Importance.NONE, false)
        .run(file, (done, total) -> {});
    return file;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "Q8_0"})
  void a_sound_export_passes(GgufFileType type) throws IOException {
    Path model = model("model");
    Path file = export(model, type);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).require(file);
    assertThat(report.lines()).hasSize(3);
    assertThat(report.lines().get(0)).startsWith("255 of 255 awkward texts");
    if (type == GgufFileType.F32) {
      assertThat(report.divergence()).isLessThan(1e-7);
      assertThat(report.lines().get(2)).isEqualTo("greedy text: 32 of 32 tokens the same");
    }
    assertThat(file).exists();
  }

  @Test
  void another_model_is_rejected_and_its_file_renamed() throws IOException {
    Path file = export(model("one"), GgufFileType.F32);
    Path other = model("other"); // its norms differ
    assertThatThrownBy(() -> SelfTest.of(file, other, Optional.empty()).require(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("nats per token from the original's")
        .hasMessageContaining("F32.gguf.rejected")
        .hasMessageContaining("#export-differs");
    assertThat(file).doesNotExist();
    assertThat(temp.resolve("F32.gguf.rejected")).exists();
  }

  @Test
  void other_tokens_are_named() throws IOException {
    Path model = model("model");
    Map<String, GgufValue> vocabulary =
        new LinkedHashMap<>(GgufVocabulary.of(model, 400, Set.of(2)));
    GgufValue.Array merges =
        (GgufValue.Array) Objects.requireNonNull(vocabulary.get("tokenizer.ggml.merges"));
    List<GgufValue> reversed = new ArrayList<>(merges.values());
    Collections.reverse(reversed);
    vocabulary.put("tokenizer.ggml.merges", new GgufValue.Array(GgufValue.Type.STRING, reversed));
    Path file = temp.resolve("tokens.gguf");
    new GgufExport(model, Optional.empty(), false, GgufFileType.F32, Importance.NONE, false)
        .run(file, vocabulary);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).run();
    assertThat(report.problems()).hasSize(1);
    assertThat(report.problems().get(0)).contains("texts get other tokens").contains("ours [");
  }

  @Test
  void rows_are_compared_by_formula() throws IOException {
    Path a = write("a", 0, 0, (float) Math.log(3), 0);
    Path b = write("b", 0, 0, 0, 0);
    RowComparison compared = RowComparison.of(a, b, 2, new int[] {1});
    double kl = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    assertThat(compared.largest()).isEqualTo(Math.log(3), within(1e-6));
    assertThat(compared.divergence()).isEqualTo(kl / 2, within(1e-7));
    assertThat(compared.own()).isEqualTo(2, within(1e-9));
    Path c = write("c", 1, 0, 0, 1);
    Path d = write("d", 2, 0, 3, 0);
    assertThat(RowComparison.of(c, d, 2, new int[0]).divergence()).isEqualTo(0.5, within(1e-9));
    Path nan = write("nan", 0, Float.NaN, 0, 0);
    assertThat(RowComparison.of(a, nan, 2, new int[] {1}).divergence()).isNaN();
  }

  private Path write(String name, float... floats) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * floats.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(floats);
    return Files.write(temp.resolve(name), bytes.array());
  }
}
