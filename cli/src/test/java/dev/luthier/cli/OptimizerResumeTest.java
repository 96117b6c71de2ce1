package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.train.TrainListener;
import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerResumeTest {
  private static TinyRun with(TinyRun run, String setting) {
    return new TinyRun(run.model(), run.data(), run.output(), List.of(setting));
  }

  @Test
  void a_run_goes_on_only_with_its_optimizer_however_that_is_spelt(@TempDir Path temp)
      throws Exception {
    TinyRun started = TinyRun.in(temp).stopAfter(4);
    TinyRun other = with(started, "train.optimizer=lion");
    assertThatThrownBy(() -> other.finish(new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("train.optimizer: was adamw, is lion")
        .hasMessageContaining("Put these back");
    TinyRun same = with(started, "train.optimizer=AdamW_torch");
    assertThat(same.finish(new TrainListener() {}).end()).isEqualTo(Trainer.End.FINISHED);
  }
}
