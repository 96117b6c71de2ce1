package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.data.Batch;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of families, for those with an encoder and a decoder. Their cached decoding is held
 * to whole passes in {@code SourceTargetGenerationTest}; their rows are never packed.
 */
class SourceTargetContractTest {
  private static final int V = 40;

  /** D 24, 3 heads of 6, fewer buckets than distances. */
  private static final String SIZES =
      "model_type: t5, vocab_size: 40, d_model: 24, d_kv: 6, d_ff: 40, num_heads: 3,"
          + " relative_attention_num_buckets: 6, relative_attention_max_distance: 8, ";

  private static final String FIRST = "num_layers: 2";
  private static final String SECOND =
      "num_layers: 1, num_decoder_layers: 2, feed_forward_proj: gated-gelu,"
          + " tie_word_embeddings: false";

  @TempDir private Path temp = Path.of("");

  private FamilyContract contract(String setting) {
    return new FamilyContract(TinyConfigs.of(SIZES + setting), temp);
  }

  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND})
  void gradients_agree_with_finite_differences(String setting) {
    contract(setting).gradients();
  }

  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND})
  void a_saved_model_comes_back(String setting) {
    contract(setting).saving();
  }

  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND})
  void adapters_on_every_layer_can_be_saved_and_fused(String setting) throws IOException {
    contract(setting).adapters();
  }

  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND})
  void four_bits_are_the_same_in_memory_and_in_a_folder(String setting) throws IOException {
    contract(setting).fourBits();
  }

  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND})
  void a_resumed_run_ends_in_the_same_weights(String setting) {
    contract(setting).resume();
  }

  /** Prompt and answer are each padded for themselves, on either side and with any ids. */
  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND})
  void padding_on_either_side_changes_nothing(String setting) {
    Transformer model = TinyModels.full(TinyConfigs.of(SIZES + setting)).transformer();
    float[] plain = answer(model, 0, 5, 0, 4);
    assertThat(answer(model, 3, 8, 0, 6)).containsExactly(plain, within(1e-4f));
    assertThat(answer(model, 0, 9, 2, 6)).containsExactly(plain, within(1e-4f));
  }

  /** The logits of an answer of 4 tokens to a prompt of 5, which begin at these places. */
  private static float[] answer(Transformer model, int at, int source, int from, int target) {
    int length = source + target;
    long[] documents = new long[length];
    long[] tokens = new SplittableRandom(length).longs(length, 0, V).toArray();
    long[] text = {7, 3, 19, 30, 1, 0, 8, 22, 5};
    System.arraycopy(text, 0, tokens, at, 5);
    System.arraycopy(text, 5, tokens, source + from, 4);
    Arrays.fill(documents, at, at + 5, 1);
    Arrays.fill(documents, source + from, source + from + 4, 1);
    Batch batch =
        new Batch(
            1,
            length,
            tokens,
            new long[length],
            new long[length],
            documents,
            new float[length],
            new int[][] {{1}},
            new Batch.Form(true, source, null));
    int begin = (source + from) * V;
    return Arrays.copyOfRange(TinyModels.logits(model, batch), begin, begin + 4 * V);
  }
}
