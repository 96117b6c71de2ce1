package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingBaseTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void what_is_written_is_read_again() {
    TrainingBase plain =
        new TrainingBase("models/a", "0a1b", ComputeDtype.BFLOAT16, Optional.empty());
    plain.write(folder);
    assertThat(TrainingBase.read(folder)).contains(plain);
    TrainingBase quantized =
        new TrainingBase(
            "b",
            "2c",
            ComputeDtype.FLOAT32,
            Optional.of(new QuantSettings(QuantSettings.Type.FP4, 128, false, 0)));
    quantized.write(folder);
    assertThat(TrainingBase.read(folder)).contains(quantized);
  }

  @Test
  void a_base_in_the_hubs_cache_is_named_as_it_is_on_the_hub() {
    String commit = "0123456789abcdef0123456789abcdef01234567";
    TrainingBase cached =
        new TrainingBase(
            folder.resolve("models--org--name/snapshots/" + commit).toString(),
            "2c",
            ComputeDtype.FLOAT32,
            Optional.empty());
    cached.write(folder);
    assertThat(TrainingBase.read(folder)).contains(cached);
    assertThat(cached.base()).isEqualTo("org/name@" + commit);
    AdapterConfig config = cached.adapterConfig(LoraSettings.defaults());
    assertThat(config.toJson().path("base_model_name_or_path").asText()).isEqualTo("org/name");
    assertThat(config.toJson().path("revision").asText()).isEqualTo(commit);
    TrainingBase local =
        new TrainingBase("models/a", "0a1b", ComputeDtype.BFLOAT16, Optional.empty());
    assertThat(local.adapterConfig(LoraSettings.defaults()).toJson().path("revision").isNull())
        .isTrue();
  }

  @Test
  void a_folder_without_it_has_none() {
    assertThat(TrainingBase.read(folder)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"base\": \"a\", \"sha256\": \"b\", \"dtype\": \"float8\"}",
        "{\"dtype\": \"float32\", \"quant\": {\"type\": \"nf5\", \"blockSize\": 64}}",
        "{\"dtype\": \"float32\", \"quant\": {\"type\": \"nf4\", \"blockSize\": 48}}",
        "{\"dtype\": \"float32\", \"quant\": 4}"
      })
  void a_malformed_one_is_named(String json) throws IOException {
    Files.writeString(folder.resolve(TrainingBase.FILE), json);
    assertThatThrownBy(() -> TrainingBase.read(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(TrainingBase.FILE + " is malformed");
  }
}
