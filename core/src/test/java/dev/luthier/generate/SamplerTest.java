package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final TokenHistory HISTORY = new TokenHistory(new int[] {1, 2});

  private static int[] counts(SamplingSettings settings, int draws, float... scores) {
    Sampler sampler = Sampler.of(settings, Set.of());
    SplitMix64 random = new SplitMix64(5);
    int[] counts = new int[scores.length];
    for (int i = 0; i < draws; i++) {
      counts[sampler.next(scores.clone(), HISTORY, random)]++;
    }
    return counts;
  }

  @Test
  void the_generator_gives_the_published_numbers_for_seed_1234567() {
    SplitMix64 random = new SplitMix64(1234567);
    assertThat(random.nextLong()).isEqualTo(6457827717110365317L);
    assertThat(random.nextLong()).isEqualTo(3203168211198807973L);
  }

  @Test
  void draws_follow_the_softmax_at_the_temperature() {
    int[] counts = counts(SamplingSettings.sampling(2), 20000, 0, (float) (2 * Math.log(3)), 0);
    assertThat(counts[1] / 20000.0).isCloseTo(3 / 5.0, Offset.offset(0.02));
    assertThat(counts[0] / 20000.0).isCloseTo(1 / 5.0, Offset.offset(0.02));
  }

  @Test
  void greedy_takes_the_best_and_the_first_of_equals() {
    assertThat(counts(SamplingSettings.greedy(), 10, 1, 3, 3, 2)).containsExactly(0, 10, 0, 0);
  }

  @Test
  void the_smallest_temperature_draws_the_best() {
    assertThat(counts(SamplingSettings.sampling(1e-300), 20, 1, 3, 2)).containsExactly(0, 20, 0);
    assertThat(counts(SamplingSettings.sampling(1e-5), 20, 1, 3, 2)).containsExactly(0, 20, 0);
  }

  @Test
  void limits_leave_only_what_they_allow() {
    SamplingSettings base = SamplingSettings.sampling(1);
    assertThat(counts(base.withLimits(2, 1, 0), 1000, 1, 3, 2, 0)).startsWith(0).endsWith(0);
    assertThat(counts(base.withLimits(0, 0.5, 0), 1000, 0, 9, 0, 0)).containsExactly(0, 1000, 0, 0);
    assertThat(counts(base.withLimits(0, 1, 0.4), 1000, 0, -2, 0, -3)[1]).isZero();
  }

  @Test
  void stop_tokens_wait_for_the_least_number_of_new_tokens() {
    Sampler sampler =
        Sampler.of(SamplingSettings.greedy().withExcluded(1, List.of(), List.of()), Set.of(1));
    TokenHistory history = new TokenHistory(new int[] {0});
    assertThat(sampler.next(new float[] {1, 2}, history, new SplitMix64(0))).isEqualTo(0);
    history.add(0);
    assertThat(sampler.next(new float[] {1, 2}, history, new SplitMix64(0))).isEqualTo(1);
  }

  @Test
  void scores_that_are_no_numbers_and_rules_that_leave_nothing_are_errors() {
    assertThatThrownBy(() -> counts(SamplingSettings.greedy(), 1, 1, Float.NaN))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("not a number");
    SamplingSettings nothing = SamplingSettings.greedy().withExcluded(0, List.of(0, 1), List.of());
    assertThatThrownBy(() -> counts(nothing, 1, 1, 2))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("excluded");
  }

  @Test
  void all_mistakes_in_the_settings_are_named_at_once() {
    assertThatThrownBy(() -> SamplingSettings.sampling(-1).withLimits(-1, 2, 3))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--temperature");
    assertThatThrownBy(() -> SamplingSettings.greedy().withLimits(-1, 2, 3))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--top-k")
        .hasMessageContaining("--top-p")
        .hasMessageContaining("--min-p");
  }

  @Test
  void openais_penalties_count_what_was_generated_and_bias_adds() {
    TokenHistory history = new TokenHistory(new int[] {0, 1});
    for (int id : new int[] {2, 2, 3}) {
      history.add(id);
    }
    SamplingSettings settings =
        SamplingSettings.greedy().withBias(0.5, 0.25, Map.of(1, 3.0, 4, -2.0));
    float[] scores = {1, 1, 1, 1, 1};
    for (LogitsProcessor processor : LogitsProcessors.of(settings, List.of())) {
      processor.apply(scores, history);
    }
    // Twice 0.5 and 0.25, and once each; the prompt's tokens count nothing.
    assertThat(scores).containsExactly(1, 4, -0.25f, 0.25f, -1);
    assertThatThrownBy(() -> SamplingSettings.greedy().withBias(2.5, -3, Map.of(7, 101.0)))
        .hasMessageContaining("frequency_penalty is 2.5")
        .hasMessageContaining("presence_penalty is -3.0")
        .hasMessageContaining("logit_bias of token 7 is 101.0");
  }
}
