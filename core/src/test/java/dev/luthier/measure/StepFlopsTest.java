package dev.luthier.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.model.LlamaConfig;
import dev.luthier.nn.Activation;
import dev.luthier.nn.RopeScaling;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The count against sums written out by hand, product by product. */
class StepFlopsTest {
  /** D 6, 2 layers, 3 heads of width 4 over 1 key head, ffn 10, V 7. */
  private static final LlamaConfig SMALL = config(7, 6, 10, 2, 3, 1, 4);

  private static LlamaConfig config(
      int vocabulary, int hidden, int ffn, int layers, int heads, int keyHeads, int headDim) {
    return new LlamaConfig(
        vocabulary,
        hidden,
        ffn,
        layers,
        heads,
        keyHeads,
        headDim,
        128,
        1e-5,
        RopeScaling.none(headDim, 10000, 128),
        Activation.SILU,
        false,
        false,
        false,
        0.02);
  }

  @Test
  void full_training_costs_each_product_three_times() {
    // B 2, T 5: 10 tokens, 8 of them labelled.
    StepFlops f = StepFlops.of(SMALL, new StepFlops.Step(2, 5, 8, OptionalInt.empty(), true));
    double q = 2 * 10 * 6 * 12;
    double k = 2 * 10 * 6 * 4;
    double v = 2 * 10 * 6 * 4;
    double o = 2 * 10 * 12 * 6;
    double gate = 2 * 10 * 6 * 10;
    double up = 2 * 10 * 6 * 10;
    double down = 2 * 10 * 10 * 6;
    // 15 pairs of a query and a key in a triangle of 5, 3 heads, 2 rows, a product of 4 each, twice
    double attention = 2 * (2 * 15 * 4) * 3 * 2;
    assertThat(f.linear()).isEqualTo(2 * 3 * (q + k + v + o + gate + up + down));
    assertThat(f.adapter()).isZero();
    assertThat(f.attention()).isEqualTo(2 * 3 * attention);
    assertThat(f.head()).isEqualTo(3 * 2 * 8 * 6 * 7);
    assertThat(f.recomputed()).isEqualTo(2 * (q + k + v + o + gate + up + attention));
    assertThat(f.total()).isEqualTo(f.useful() + f.recomputed());
  }

  @Test
  void adapters_add_their_products_and_frozen_weights_get_no_gradient() {
    StepFlops f = StepFlops.of(SMALL, new StepFlops.Step(1, 3, 2, OptionalInt.of(2), true));
    double qkv = 2 * 3 * 6 * (12 + 4 + 4);
    double rest = 2 * 3 * (12 * 6 + 6 * 10 + 6 * 10 + 10 * 6);
    double downs = 2 * 3 * 2 * (6 + 6 + 6 + 12 + 6 + 6 + 10);
    double ups = 2 * 3 * 2 * (12 + 4 + 4 + 6 + 10 + 10 + 6);
    double attention = 2 * (2 * 6 * 4) * 3;
    // Nothing is trained below the first block, so q, k and v there give no gradient of their
    // input.
    assertThat(f.linear()).isEqualTo(2 * 2 * (qkv + rest) - qkv);
    assertThat(f.adapter()).isEqualTo(2 * 3 * (downs + ups) - 2 * 3 * 2 * (6 + 6 + 6));
    assertThat(f.attention()).isEqualTo(2 * 3 * attention);
    assertThat(f.head()).isEqualTo(2 * 2 * 2 * 6 * 7);
    double downProjection = 2 * 3 * 10 * 6;
    double itsUp = 2 * 3 * 2 * 6;
    assertThat(f.recomputed())
        .isEqualTo(2 * (qkv + rest - downProjection + downs + ups - itsUp + attention));
  }

  @Test
  void without_recomputation_only_that_is_left_out() {
    StepFlops with = StepFlops.of(SMALL, new StepFlops.Step(1, 3, 2, OptionalInt.of(2), true));
    StepFlops without = StepFlops.of(SMALL, new StepFlops.Step(1, 3, 2, OptionalInt.of(2), false));
    assertThat(without.recomputed()).isZero();
    assertThat(without.useful()).isEqualTo(with.useful());
  }

  /**
   * 84.9 million weights in blocks: 174 GFLOP for 1,024 tokens forward, and as much for the
   * gradients of inputs; 50 each way in the head; 29 in attention, 17 in adapters.
   */
  @Test
  void a_llama_of_85_million() {
    StepFlops f =
        StepFlops.of(
            config(32000, 768, 2048, 12, 12, 12, 64),
            new StepFlops.Step(2, 512, 2 * 511, OptionalInt.of(16), true));
    double weights = 12 * (4 * 768.0 * 768 + 3 * 768.0 * 2048);
    assertThat(f.linear()).isEqualTo(2 * 1024 * (2 * weights - 3 * 768.0 * 768));
    assertThat(f.useful() / 1e9).isCloseTo(490.9, within(0.1));
    assertThat(f.recomputed() / 1e9).isCloseTo(150.4, within(0.1));
  }
}
