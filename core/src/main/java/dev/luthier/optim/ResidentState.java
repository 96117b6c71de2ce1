package dev.luthier.optim;

import dev.luthier.checkpoint.TorchTypes;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** State in memory, on the parameter's device. */
final class ResidentState implements ParameterState {
  private final StateLayout layout;
  private final List<Tensor> slots = new ArrayList<>();

  ResidentState(StateLayout layout, Device device) {
    this.layout = layout;
    for (Slot slot : layout.slots()) {
      long[] shape = slot.shape().stream().mapToLong(Long::longValue).toArray();
      TensorOptions options = Tensors.options(TorchTypes.of(slot.dtype()), device);
      slots.add(Tensors.pin(torch.zeros(shape, options)));
    }
  }

  @Override
  public StateLayout layout() {
    return layout;
  }

  @Override
  public void read(Visitor visitor) throws IOException {
    update(visitor);
  }

  @Override
  public void update(Visitor visitor) throws IOException {
    for (int i = 0; i < layout.slices(); i++) {
      try (PointerScope scope = new PointerScope()) {
        visitor.visit(i * layout.slice(), layout.length(i), slice(i));
      }
    }
  }

  private List<Tensor> slice(int index) {
    if (layout.whole()) {
      return slots;
    }
    List<Tensor> out = new ArrayList<>();
    for (int s = 0; s < slots.size(); s++) {
      Slot slot = layout.slots().get(s);
      out.add(
          slots
              .get(s)
              .view(-1)
              .narrow(0, slot.entries(index * layout.slice()), slot.entries(layout.length(index))));
    }
    return out;
  }

  @Override
  public void close() {
    Tensors.release(slots.toArray(Tensor[]::new));
  }
}
