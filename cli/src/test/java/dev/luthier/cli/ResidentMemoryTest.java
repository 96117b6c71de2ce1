package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A long run through the launcher, as a user starts it. */
@Tag("acceptance")
class ResidentMemoryTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @ParameterizedTest
  @ValueSource(strings = {"float32", "bfloat16"})
  void resident_memory_does_not_grow_from_step_50_to_step_500(String dtype, @TempDir Path temp)
      throws Exception {
    Path data = TinyModels.rows(temp.resolve("rows.jsonl"), 2000);
    Path output = temp.resolve("run");
    Process process =
        new ProcessBuilder(
                ROOT.resolve("luthier").toString(),
                "sft",
                "--model",
                ROOT.resolve("examples/demo/base").toString(),
                "--data",
                data.toString(),
                "--output",
                output.toString(),
                "--dtype",
                dtype,
                "--set",
                "train.maxSteps=500",
                "--set",
                "train.microBatchSize=1",
                "--set",
                "train.gradientAccumulation=1",
                "--set",
                "data.maxLength=256")
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve("log.txt").toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(temp.resolve("log.txt"))).isZero();
    List<String> lines = Files.readAllLines(output.resolve("metrics.jsonl"));
    assertThat(resident(lines.get(499))).isLessThan(1.05 * resident(lines.get(49)));
  }

  private static double resident(String line) throws IOException {
    return new ObjectMapper().readTree(line).get("resident_bytes").asDouble();
  }
}
