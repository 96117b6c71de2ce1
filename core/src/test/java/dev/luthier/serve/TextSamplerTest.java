package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.generate.GenerateSettings;
import dev.luthier.serve.TextSampler.Sampled;
import dev.luthier.train.TinyLlama;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TextSamplerTest {
  private static final int TOKENS = 40;

  private static List<int[]> sample(int together, long bytes) {
    TextSampler sampler =
        new TextSampler(
            TinyLlama.full(3, TinyLlama.TEXT_CONFIG), ServedModels.LANGUAGE, together, bytes);
    List<EngineRequest> requests =
        IntStream.range(0, 9)
            .mapToObj(i -> new SplittableRandom(i).ints(5 + 3L * i, 3, 400).toArray())
            .map(
                prompt ->
                    new EngineRequest(
                        prompt,
                        GenerateSettings.greedy(TOKENS),
                        Optional.empty(),
                        0,
                        Optional.empty()))
            .toList();
    return sampler.sample(requests, () -> false).orElseThrow().stream()
        .map(Sampled::tokens)
        .toList();
  }

  /** Too little memory for all of them makes some wait, and start anew; none is lost or changed. */
  @Test
  void texts_are_the_same_however_little_memory_there_is() {
    List<int[]> alone = sample(1, Long.MAX_VALUE);
    assertThat(alone).allSatisfy(text -> assertThat(text).hasSize(TOKENS));
    for (long bytes : new long[] {1, 20_000, Long.MAX_VALUE}) {
      List<int[]> ours = sample(8, bytes);
      for (int i = 0; i < ours.size(); i++) {
        assertThat(ours.get(i)).as(bytes + " bytes, text " + i).containsExactly(alone.get(i));
      }
    }
  }

  @Test
  void it_stops_when_it_is_interrupted() {
    TextSampler sampler =
        new TextSampler(
            TinyLlama.full(3, TinyLlama.TEXT_CONFIG), ServedModels.LANGUAGE, 2, Long.MAX_VALUE);
    EngineRequest request =
        new EngineRequest(
            new int[] {3, 4}, GenerateSettings.greedy(8), Optional.empty(), 0, Optional.empty());
    assertThat(sampler.sample(List.of(request), () -> true)).isEmpty();
  }
}
