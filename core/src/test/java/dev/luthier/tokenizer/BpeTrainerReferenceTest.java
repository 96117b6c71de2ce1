package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The vocabulary and merges that Stanford's CS336 gives for a corpus of 133 kB. */
@Tag("interop")
class BpeTrainerReferenceTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("luthier.assets", "")).resolve("tok-bpe-train-reference");

  private final String corpus = read("corpus.en");
  private final TrainedBpe trained =
      new BpeTrainer(500, List.of("<|endoftext|>"), 1).train(Stream.of(corpus));

  private static String read(String name) {
    try {
      return Files.readString(FOLDER.resolve(name));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void merges_agree_in_order() {
    List<String> merges =
        trained.merges().stream().map(merge -> merge.first() + " " + merge.second()).toList();
    assertThat(merges)
        .containsExactlyElementsOf(read("train-bpe-reference-merges.txt").lines().toList());
  }

  @Test
  void every_token_has_the_same_id() throws IOException {
    JsonNode vocabulary = new ObjectMapper().readTree(read("train-bpe-reference-vocab.json"));
    assertThat(vocabulary).hasSize(500);
    assertThat(trained.vocabulary()).hasSize(500);
    vocabulary
        .properties()
        .forEach(
            entry ->
                assertThat(trained.vocabulary().get(entry.getValue().asInt()))
                    .isEqualTo(entry.getKey()));
  }
}
