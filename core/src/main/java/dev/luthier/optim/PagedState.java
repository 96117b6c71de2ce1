package dev.luthier.optim;

import dev.luthier.checkpoint.TorchTypes;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** State in a file, a page per slice: the slots' parts one after the other. */
final class PagedState implements ParameterState {
  private final StateLayout layout;
  private final PageFile file;
  private final int firstPage;
  private final Device device;

  /**
   * @param firstPage the page of the first slice; the others follow
   * @param device where slices are worked on
   */
  PagedState(StateLayout layout, PageFile file, int firstPage, Device device) {
    this.layout = layout;
    this.file = file;
    this.firstPage = firstPage;
    this.device = device;
  }

  @Override
  public StateLayout layout() {
    return layout;
  }

  @Override
  public void read(Visitor visitor) throws IOException {
    for (int i = 0; i < layout.slices(); i++) {
      try (PointerScope scope = new PointerScope()) {
        visit(i, slots(file.load(firstPage + i), i), visitor);
      }
    }
  }

  @Override
  public void update(Visitor visitor) throws IOException {
    for (int i = 0; i < layout.slices(); i++) {
      try (PointerScope scope = new PointerScope()) {
        PageFile.Page page = file.load(firstPage + i);
        List<Tensor> inPage = slots(page, i);
        List<Tensor> onDevice = visit(i, inPage, visitor);
        for (int s = 0; s < inPage.size() && !device.isCpu(); s++) {
          inPage.get(s).copy_(onDevice.get(s));
        }
        file.store(page);
      }
    }
  }

  private List<Tensor> visit(int slice, List<Tensor> inPage, Visitor visitor) throws IOException {
    List<Tensor> onDevice = inPage.stream().map(t -> Tensors.to(t, device)).toList();
    visitor.visit(slice * layout.slice(), layout.length(slice), onDevice);
    return onDevice;
  }

  private List<Tensor> slots(PageFile.Page page, int slice) {
    long length = layout.length(slice);
    List<Tensor> out = new ArrayList<>();
    long at = 0;
    for (Slot slot : layout.slots()) {
      long bytes = slot.entries(length) * slot.dtype().bytes();
      out.add(page.bytes().narrow(0, at, bytes).view(TorchTypes.of(slot.dtype())));
      at += StateLayout.slotBytes(slot, length);
    }
    return out;
  }

  /** The file is closed by whoever made it. */
  @Override
  public void close() {}
}
