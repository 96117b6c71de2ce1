package dev.luthier.optim;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One parameter's state, before it exists: its slots, and the slices in which it is visited. A
 * slice is small enough to stay in a processor's cache and long enough that a call for each costs
 * nothing.
 *
 * @param elements of the parameter
 * @param slots what is kept
 * @param whole whether the parameter is not cut, but visited whole and in its shape
 * @param slice elements of a slice but for the last
 */
record StateLayout(long elements, List<Slot> slots, boolean whole, long slice) {
  /** Elements of a slice of a long parameter: a multiple of every block and vector. */
  static final long SLICE = 1 << 18;

  /** Slots begin at multiples of this within a slice's bytes. */
  private static final long ALIGNMENT = 64;

  static StateLayout of(UpdateRule rule, long... shape) {
    long elements = elements(shape);
    boolean whole = !rule.elementwise();
    return new StateLayout(
        elements, rule.slots(shape), whole, whole ? elements : Math.min(elements, SLICE));
  }

  static long elements(long... shape) {
    long n = 1;
    for (long size : shape) {
      n = Math.multiplyExact(n, size);
    }
    return n;
  }

  int slices() {
    return Math.toIntExact((elements + slice - 1) / slice);
  }

  /** Elements of this slice. */
  long length(int index) {
    return Math.min(slice, elements - index * slice);
  }

  /** Bytes of a slice of this many elements, slot after slot. */
  long sliceBytes(long length) {
    return slots.stream().mapToLong(slot -> slotBytes(slot, length)).sum();
  }

  /** Bytes of each slice. */
  Stream<Long> pages() {
    return IntStream.range(0, slices()).mapToObj(i -> sliceBytes(length(i)));
  }

  /** Bytes of a slot in a slice of this many elements, up to where the next one begins. */
  static long slotBytes(Slot slot, long length) {
    long bytes = slot.entries(length) * slot.dtype().bytes();
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
