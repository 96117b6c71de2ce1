package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
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

  /** Every second one of many tensors that are too small for mappings of their own. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void what_lies_free_between_tensors_goes_back_to_the_system() {
    float[] values = new float[1 << 14];
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      tensors.add(Tensors.pin(Tensors.floats(values, Device.CPU, values.length)));
    }
    for (int i = 0; i < tensors.size(); i += 2) {
      tensors.get(i).close();
    }
    long before = Memory.resident();
    Memory.trim();
    long freed = before - Memory.resident();
    for (int i = 1; i < tensors.size(); i += 2) {
      tensors.get(i).close();
    }
    assertThat(freed).isGreaterThan(tensors.size() / 2 * 4L * values.length / 2);
  }
}
