package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tokenizers as published, of all four models of the library: BPE, SentencePiece, Unigram,
 * WordPiece.
 */
@Tag("interop")
class PublishedTokenizersTest {
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tok-gpt2",
        "tok-tinyllama-hf",
        "tok-bert",
        "tok-llmfoundry-hf/t5",
        "adapter-opt125m-lora",
        "model-llama-story-hf"
      })
  void ids_drawn_by_chance_decode_one_by_one_as_they_do_at_once(String folder) {
    Tokenizer tokenizer = Tokenizer.load(ASSETS.resolve(folder));
    Random random = new Random(7);
    for (int run = 0; run < 200; run++) {
      // Small ids are bytes and special tokens in these vocabularies: draw them often.
      int[] ids =
          random
              .ints(random.nextInt(40))
              .map(i -> Math.floorMod(i, i % 3 == 0 ? tokenizer.vocabSize() : 300))
              .toArray();
      boolean skipSpecialTokens = random.nextBoolean();
      IncrementalDecoder decoder = new IncrementalDecoder(tokenizer, skipSpecialTokens);
      StringBuilder joined = new StringBuilder();
      for (int id : ids) {
        joined.append(decoder.next(id));
      }
      joined.append(decoder.finish());
      assertThat(joined).hasToString(tokenizer.decode(ids, skipSpecialTokens));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tok-tinyllama-hf, true, 1, -1",
    "model-llama-story-hf, true, 1, -1",
    "tok-bert, false, 101, 102",
    "tok-llmfoundry-hf/t5, false, -1, 1",
    "adapter-opt125m-lora, true, 2, -1",
    "tok-gpt2, false, -1, -1"
  })
  void bos_and_eos_are_added_as_each_family_does(
      String folder, boolean addsBos, int first, int last) {
    Tokenizer tokenizer = Tokenizer.load(ASSETS.resolve(folder));
    int[] ids = tokenizer.encodeIds("hello there", true);
    int[] bare = tokenizer.encodeIds("hello there", false);
    assertThat(tokenizer.addBosToken()).isEqualTo(addsBos);
    assertThat(ids.length - bare.length).isEqualTo((first < 0 ? 0 : 1) + (last < 0 ? 0 : 1));
    assertThat(ids[0]).isEqualTo(first < 0 ? bare[0] : first);
    assertThat(ids[ids.length - 1]).isEqualTo(last < 0 ? bare[bare.length - 1] : last);
  }
}
