package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.DataSettings;
import dev.luthier.tensor.ComputeDtype;
import org.junit.jupiter.api.Test;

class TrainSettingsTest {
  @Test
  void every_record_accepts_its_own_defaults() {
    TrainSettings train = TrainSettings.defaults();
    assertThat(train.epsilon()).isEqualTo(1e-8);
    assertThat(train.learningRate()).isEmpty();
    assertThat(train.schedule()).isEqualTo(ScheduleKind.COSINE);
    assertThat(train.dtype()).isEqualTo(ComputeDtype.FLOAT32);
    assertThat(EvalSettings.defaults().everySteps()).isZero();
    assertThat(CheckpointSettings.defaults().keep()).isEqualTo(2);
    assertThat(DataSettings.defaults().overflow()).isEqualTo(DataSettings.Overflow.ERROR);
  }
}
