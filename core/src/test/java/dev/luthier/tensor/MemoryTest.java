package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class MemoryTest {
  private static final long BYTES = 256 << 20;

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_reset_peak_forgets_what_is_gone() {
    try (PointerScope scope = new PointerScope()) {
      torch.ones(new long[] {BYTES}, Tensors.options(ScalarType.Byte, Device.CPU));
    }
    long before = Memory.peakResident();
    assertThat(Memory.resetPeak()).isTrue();
    assertThat(Memory.peakResident()).isLessThan(before - BYTES / 2);
    assertThat(Memory.peakResident()).isGreaterThanOrEqualTo(Memory.resident() - BYTES / 2);
  }
}
