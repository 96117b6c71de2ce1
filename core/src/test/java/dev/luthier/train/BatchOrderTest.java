package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.DataOrder;
import dev.luthier.data.TokenSequence;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchOrderTest {
  @Test
  void steps_have_the_rows_of_their_epoch_whichever_was_asked_for_before() {
    List<List<TokenSequence>> rows =
        IntStream.rangeClosed(1, 11)
            .mapToObj(r -> List.of(new TokenSequence(new int[] {r, r}, new int[] {-100, r}, r)))
            .toList();
    TrainSettings settings = TrainSettings.defaults();
    DataOrder order =
        new DataOrder(
            11,
            settings.microBatchSize(),
            settings.gradientAccumulation(),
            settings.seed(),
            settings.shuffle());
    BatchOrder batches = new BatchOrder(new TrainingRows(rows, new Collator(0)), settings);
    assertThat(order.stepsPerEpoch()).isEqualTo(2);
    for (long step : new long[] {0, 1, 2, 3, 9, 8, 1, 0}) {
      assertThat(batches.step(step).stream().map(BatchOrderTest::firstTokens))
          .as("step %d", step)
          .usingElementComparator(java.util.Arrays::compare)
          .containsExactlyElementsOf(
              order.step(step).stream()
                  .map(micro -> IntStream.of(micro).mapToLong(i -> i + 1).toArray())
                  .toList());
    }
  }

  private static long[] firstTokens(Batch batch) {
    return IntStream.range(0, batch.rows())
        .mapToLong(r -> batch.tokens()[r * batch.length()])
        .toArray();
  }
}
