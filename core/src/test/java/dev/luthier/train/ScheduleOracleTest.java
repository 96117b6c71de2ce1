package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Learning rates against those of transformers' schedulers: base rate 1e-3, 5 warmup steps, 30
 * steps.
 */
@Tag("interop")
class ScheduleOracleTest {
  @ParameterizedTest
  @CsvSource({
    "constant_with_warmup,CONSTANT",
    "linear,LINEAR",
    "cosine,COSINE",
    "cosine_with_min_lr_1e-4,COSINE_WITH_FLOOR",
    "wsd_warm5_stable15_decay10_min0.1,WSD"
  })
  void rates_are_those_of_transformers(String theirs, ScheduleKind ours) {
    JsonNode rates =
        Assets.json("oracle-transformers/losses/lr_schedules.json").get("schedules").get(theirs);
    Schedule schedule = new Schedule(ours, 1e-3, 30, 5, 0.1, 10);
    for (int step = 0; step <= 30; step++) {
      assertThat(schedule.rate(step)).isCloseTo(rates.get(step).asDouble(), within(1e-9));
    }
  }
}
