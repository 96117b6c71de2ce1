package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** GGUF files that llama.cpp wrote. */
@Tag("interop")
class GgufInteropTest {
  @Test
  void every_file_opens_and_its_tensors_fill_it() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(Assets.path(""))) {
      files = all.filter(Gguf::isNamed).toList();
    }
    assertThat(files.size()).isGreaterThanOrEqualTo(20);
    for (Path path : files) {
      Gguf file = Gguf.open(path);
      int vocabulary = file.metadata().texts("tokenizer.ggml.tokens").size();
      assertThat(vocabulary).as(path.toString()).isPositive();
      long end =
          file.tensors().values().stream().mapToLong(t -> t.offset() + t.length()).max().orElse(-1);
      if (end >= 0) {
        assertThat((end + 31) / 32 * 32).as(path.toString()).isEqualTo(Files.size(path));
        assertThat(file.tensor("token_embd.weight").orElseThrow().shape().get(0))
            .isEqualTo(vocabulary);
      }
    }
  }
}
