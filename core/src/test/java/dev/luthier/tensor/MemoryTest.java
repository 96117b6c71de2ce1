package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

  @Test
  void what_is_mapped_goes_back_when_it_is_freed_and_what_is_not_stays() {
    assumeTrue(Memory.resident() > 0, "the system does not tell");
    try {
      Memory.mapFrom(1 << 20);
      long mapped = freedByEverySecond();
      Memory.mapFrom(16 << 20);
      long kept = freedByEverySecond();
      assertThat(mapped).isGreaterThan(60L << 20);
      assertThat(kept).isLessThan(20L << 20);
    } finally {
      Memory.mapFrom(4 << 20);
    }
  }

  /** What 40 of 80 tensors of 2 MiB give back to the system. */
  private static long freedByEverySecond() {
    List<Tensor> pieces = new ArrayList<>();
    float[] values = new float[1 << 19];
    for (int i = 0; i < 80; i++) {
      pieces.add(Tensors.pin(Tensors.floats(values, Device.CPU, values.length)));
    }
    long before = Memory.resident();
    for (int i = 0; i < 80; i += 2) {
      pieces.get(i).close();
    }
    long freed = before - Memory.resident();
    for (int i = 1; i < 80; i += 2) {
      pieces.get(i).close();
    }
    return freed;
  }
}
