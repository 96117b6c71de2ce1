package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecodingTest {
  private static final Offset<Float> CLOSE = Offset.offset(1e-4f);
  private static final String SIZES =
      "vocab_size: 40, initializer_range: 0.3, hidden_size: 24, intermediate_size: 20,"
          + " num_hidden_layers: 2, num_attention_heads: 4, ";

  /** Frequencies of other lengths, on both sides of which generation must be right. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "model_type: llama, max_position_embeddings: 16, rope_scaling: {type: dynamic, factor: 4.0}",
        "model_type: phi3, max_position_embeddings: 64, original_max_position_embeddings: 16,"
            + " rope_scaling: {type: longrope, short_factor: [1.0, 1.5, 2.0], long_factor: [2.0,"
            + " 4.0, 8.0]}"
      })
  void texts_that_grow_beyond_a_change_of_frequencies_are_read_anew(String config) {
    Transformer model = TinyModels.full(TinyConfigs.of(SIZES + config)).transformer();
    int[] ids = new SplittableRandom(1).ints(24, 0, 40).toArray();
    int[] other = new SplittableRandom(2).ints(24, 0, 40).toArray();
    try (Decoding decoding = new Decoding(model)) {
      decoding.start(List.of(Arrays.copyOf(ids, 12), Arrays.copyOf(other, 9)));
      for (int at = 12; at < 20; at++) {
        float[][] scores = decoding.next(new int[] {ids[at], other[at - 3]});
        float[][] whole = fresh(model, Arrays.copyOf(ids, at + 1), Arrays.copyOf(other, at - 2));
        assertThat(scores[0]).as("token " + at).containsExactly(whole[0], CLOSE);
        assertThat(scores[1]).as("token " + at).containsExactly(whole[1], CLOSE);
      }
      // The longer row leaves, and later the text is cut: the short one's frequencies come back.
      decoding.select(new int[] {1});
      assertThat(decoding.next(new int[] {other[17]})[0])
          .containsExactly(fresh(model, Arrays.copyOf(other, 18))[0], CLOSE);
      decoding.truncate(12); // three of them padding
      assertThat(decoding.next(new int[] {other[9]})[0])
          .containsExactly(fresh(model, Arrays.copyOf(other, 10))[0], CLOSE);
    }
  }

  private static float[][] fresh(Transformer model, int[]... prompts) {
    try (Decoding decoding = new Decoding(model)) {
      return decoding.start(List.of(prompts));
    }
  }
}
