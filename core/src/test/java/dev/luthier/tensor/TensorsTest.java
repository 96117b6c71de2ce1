package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TensorsTest {
  @Test
  void a_region_of_bytes_begins_at_its_first_byte() {
    try (PointerScope scope = new PointerScope()) {
      Tensor tensor = Tensors.uint8(new byte[] {0, 10, 20, 30, 40, 50}, 6);
      ByteBuffer region = Tensors.bytes(tensor, 2, 3);
      assertThat(region.remaining()).isEqualTo(3);
      assertThat(region.capacity()).isEqualTo(3);
      assertThat(region.get(0)).isEqualTo((byte) 20);
      region.put(2, (byte) 41);
      assertThat(Tensors.toLongs(tensor)).containsExactly(0, 10, 20, 30, 41, 50);
    }
  }
}
