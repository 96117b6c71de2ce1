package dev.luthier.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Java arrays to tensors and back, and the few shorthands that the presets lack. */
public final class Tensors {
  private Tensors() {}

  /** Options for a dtype on a device. */
  public static TensorOptions options(ScalarType dtype, Device device) {
    Native.load();
    return new TensorOptions()
        .dtype(new ScalarTypeOptional(dtype))
        .device(new DeviceOptional(device.torch()));
  }

  /** An int64 tensor of the values. */
  public static Tensor longs(long[] values, Device device, long... shape) {
    Tensor cpu = torch.empty(shape, options(ScalarType.Long, Device.CPU), null);
    if (values.length > 0) {
      new LongPointer(cpu.data_ptr()).put(values);
    }
    return to(cpu, device);
  }

  /** A float32 tensor of the values. */
  public static Tensor floats(float[] values, Device device, long... shape) {
    Tensor cpu = torch.empty(shape, options(ScalarType.Float, Device.CPU), null);
    if (values.length > 0) {
      new FloatPointer(cpu.data_ptr()).put(values);
    }
    return to(cpu, device);
  }

  /** A uint8 tensor of the values, on the CPU. */
  public static Tensor uint8(byte[] values, long... shape) {
    Tensor cpu = torch.empty(shape, options(ScalarType.Byte, Device.CPU), null);
    if (values.length > 0) {
      new BytePointer(cpu.data_ptr()).put(values);
    }
    return cpu;
  }

  /** The values as float32, row-major. */
  public static float[] toFloats(Tensor t) {
    Tensor cpu = cpu(t).to(ScalarType.Float).contiguous();
    float[] out = new float[Math.toIntExact(cpu.numel())];
    if (out.length > 0) {
      new FloatPointer(cpu.data_ptr()).get(out);
    }
    return out;
  }

  /** The values as int64, row-major. */
  public static long[] toLongs(Tensor t) {
    Tensor cpu = cpu(t).to(ScalarType.Long).contiguous();
    long[] out = new long[Math.toIntExact(cpu.numel())];
    if (out.length > 0) {
      new LongPointer(cpu.data_ptr()).get(out);
    }
    return out;
  }

  /**
   * The bytes of a contiguous CPU tensor below 2 GiB, without a copy; valid as long as the tensor
   * is.
   */
  public static ByteBuffer bytes(Tensor contiguous) {
    return bytes(contiguous, 0, contiguous.nbytes());
  }

  /**
   * A region of the bytes of a contiguous CPU tensor, without a copy; valid as long as the tensor
   * is.
   */
  public static ByteBuffer bytes(Tensor contiguous, long offset, long length) {
    if (length == 0) {
      return ByteBuffer.allocate(0);
    }
    BytePointer pointer = new BytePointer(contiguous.data_ptr());
    // JavaCPP's buffer begins at the tensor and stands at the offset; the slice begins there.
    return pointer
        .position(offset)
        .limit(offset + length)
        .asByteBuffer()
        .slice()
        .order(ByteOrder.nativeOrder());
  }

  /** The tensor on the CPU; itself if it is there. */
  public static Tensor cpu(Tensor t) {
    return to(t.detach(), Device.CPU);
  }

  /** The tensor on the device; itself if it is there. */
  public static Tensor to(Tensor t, Device device) {
    return device.isCpu() && t.device().is_cpu()
        ? t
        : t.to(device.torch(), t.scalar_type(), false, false, null);
  }

  /** The tensor with this dtype; itself if it has it. Autograd passes through. */
  public static Tensor cast(Tensor t, ScalarType dtype) {
    return dtype(t) == dtype ? t : t.to(dtype);
  }

  /** The dtype as the enum's own constant; the presets hand out fresh instances. */
  public static ScalarType dtype(Tensor t) {
    return t.scalar_type().intern();
  }

  /** The sizes of all dimensions. */
  public static long[] shape(Tensor t) {
    long[] shape = new long[Math.toIntExact(t.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = t.size(i);
    }
    return shape;
  }

  /** A scalar for an operator's argument. */
  public static Scalar scalar(double value) {
    return new Scalar(value);
  }

  /** The number as this dtype holds it. */
  public static double rounded(double value, ScalarType dtype) {
    try (PointerScope scope = new PointerScope()) {
      Tensor one = floats(new float[] {(float) value}, Device.CPU, 1);
      return cast(one, dtype).to(ScalarType.Float).item_double();
    }
  }

  /** Whether every element is finite: one pass, no copy. */
  public static boolean allFinite(Tensor t) {
    if (t.numel() == 0) {
      return true;
    }
    // Not-a-number spreads to both.
    var ends = torch.aminmax(t);
    return Double.isFinite(ends.get0().item_double()) && Double.isFinite(ends.get1().item_double());
  }

  /** Moves the tensor out of the innermost scope into an outer one. */
  public static Tensor keep(Tensor t, PointerScope outer) {
    outer.attach(t);
    return t;
  }

  /** Keeps the tensor alive past every scope; the caller, or the garbage collector, frees it. */
  public static Tensor pin(Tensor t) {
    return pinned(t);
  }

  static <P extends Pointer> P pinned(P p) {
    p.retainReference();
    return p;
  }

  /** Frees pinned tensors. */
  public static void release(Pointer... pinned) {
    for (Pointer p : pinned) {
      p.releaseReference();
    }
  }
}
