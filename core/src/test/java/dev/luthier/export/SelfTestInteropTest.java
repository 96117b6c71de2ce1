package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The self-test on files that llama.cpp's own tools made. */
@Tag("interop")
class SelfTestInteropTest {
  @ParameterizedTest
  @CsvSource({
    "story-F32, 1e-7", "story-F16, 1e-4", "story-BF16, 1e-3", "story-Q8_0, 1e-2",
    "story-Q5_1, 0.1", "story-Q5_0, 0.1", "story-Q4_1, 0.3", "story-Q4_0, 0.3",
    "story-IQ4_NL, 0.3",
  })
  void exports_that_are_sound_pass(String name, double most) {
    Path gguf = Assets.path("oracle-llamacpp/gguf/" + name + ".gguf");
    Path model = Assets.path("model-llama-story-hf");

    SelfTestReport report = SelfTest.of(gguf, model, Optional.empty()).run();

    assertThat(report.problems()).isEmpty();
    assertThat(report.divergence()).isLessThan(most);
  }
}
