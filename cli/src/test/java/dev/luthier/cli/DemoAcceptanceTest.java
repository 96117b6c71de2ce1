package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a user starts it, held to the scores that the project promises. */
@Tag("acceptance")
class DemoAcceptanceTest {
  @Test
  void the_base_cannot_speak_like_yoda_and_the_tuned_model_can(@TempDir Path temp)
      throws Exception {
    Path out = temp.resolve("out.json");
    Path err = temp.resolve("err.txt");
    Process process =
        new ProcessBuilder(
                Path.of("..").toAbsolutePath().normalize().resolve("luthier").toString(),
                "demo",
                "--json",
                "--output",
                temp.resolve("demo").toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(err)).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toFile());
    assertThat(json.get("held_out").asInt()).isGreaterThanOrEqualTo(200);
    assertThat(json.get("base_exact_match").asDouble()).isLessThanOrEqualTo(0.05);
    assertThat(json.get("tuned_exact_match").asDouble()).isGreaterThanOrEqualTo(0.90);
    assertThat(Path.of(json.get("adapter").asText()).resolve("adapter_model.safetensors"))
        .isRegularFile();
  }
}
