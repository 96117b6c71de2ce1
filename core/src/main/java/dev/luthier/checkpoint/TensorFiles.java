package dev.luthier.checkpoint;

import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Reason;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.WeightFile;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Tensors;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors to safetensors files and back, and from what else holds weights. */
public final class TensorFiles {
  private static final long CHUNK = 64 << 20;

  private TensorFiles() {}

  /** Reads one tensor as it is stored into a new one of the current scope. */
  static Tensor read(Path path, TensorInfo info) {
    long[] shape = sizes(info.shape());
    Tensor out = torch.empty(shape, Tensors.options(TorchTypes.of(info.dtype()), Device.CPU), null);
    read(path, info, out);
    return out;
  }

  private static long[] sizes(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Reads one tensor, converting it a piece at a time where the dtypes differ.
   *
   * @param target of the tensor's shape, contiguous
   */
  static void read(Path path, TensorInfo info, Tensor target) {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      read(file, path, info, target);
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static void read(FileChannel file, Path path, TensorInfo info, Tensor target)
      throws IOException {
    Native.load();
    if (info.view().isPresent()) {
      readView(file, path, info, info.view().get(), target);
      return;
    }
    ScalarType type = TorchTypes.of(info.dtype());
    if (Tensors.dtype(target) == type && target.device().is_cpu()) {
      for (long at = 0; at < info.length(); at += CHUNK) {
        long length = Math.min(CHUNK, info.length() - at);
        readFully(file, path, Tensors.bytes(target, at, length), info.offset() + at);
      }
      return;
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor flat = target.view(-1);
      long step = CHUNK / 8;
      Tensor piece =
          torch.empty(
              new long[] {Math.min(step, flat.numel())}, Tensors.options(type, Device.CPU), null);
      for (long at = 0; at < flat.numel(); at += step) {
        try (PointerScope inner = new PointerScope()) {
          long count = Math.min(step, flat.numel() - at);
          long length = count * info.dtype().bytes();
          readFully(
              file,
              path,
              Tensors.bytes(piece, 0, length),
              info.offset() + at * info.dtype().bytes());
          flat.narrow(0, at, count).copy_(piece.narrow(0, 0, count));
        }
      }
    }
  }

  /** Reads all from the first to the last element, and picks them there. */
  private static void readView(
      FileChannel file, Path path, TensorInfo info, TensorInfo.View view, Tensor target)
      throws IOException {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      List<Long> span = List.of(view.span());
      Tensor stored =
          torch.empty(sizes(span), Tensors.options(TorchTypes.of(info.dtype()), Device.CPU), null);
      long length = span.get(0) * info.dtype().bytes();
      read(
          file,
          path,
          new TensorInfo(info.name(), info.dtype(), span, info.offset(), length),
          stored);
      target
          .view(sizes(view.sizes()))
          .copy_(stored.as_strided(sizes(view.sizes()), sizes(view.strides())));
    }
  }

  private static void readFully(FileChannel file, Path path, ByteBuffer into, long offset)
      throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int n = file.read(into, at);
      if (n < 0) {
        throw new LuthierException(path + " ends early; was it cut short while we read it?");
      }
      at += n;
    }
  }

  /** Copies the file's tensors into these, which must be all of them and of the same shapes. */
  public static void readInto(Path path, Map<String, Tensor> targets) {
    SafetensorsFile file = SafetensorsFile.open(path);
    if (!file.tensors().keySet().equals(targets.keySet())) {
      throw new LuthierException(
          path + " does not hold the tensors of this run; it belongs to another one");
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      file.tensors()
          .forEach(
              (name, info) -> {
                Tensor target = Objects.requireNonNull(targets.get(name));
                long[] shape = sizes(info.shape());
                if (!Arrays.equals(shape, Tensors.shape(target))) {
                  throw new LuthierException(
                      path
                          + ": "
                          + name
                          + " is "
                          + info.shape()
                          + " where this run has "
                          + Arrays.toString(Tensors.shape(target)));
                }
                read(path, info, target.detach());
              });
    }
  }

  /** All tensors of a small file as float32 arrays. */
  public static Map<String, float[]> readFloats(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    Map<String, float[]> out = new LinkedHashMap<>();
    file.tensors()
        .forEach(
            (name, info) -> {
              try (PointerScope scope = new PointerScope();
                  Grad off = Grad.off()) {
                long[] shape = sizes(info.shape());
                Tensor t = torch.empty(shape, Tensors.options(ScalarType.Float, Device.CPU), null);
                read(path, info, t);
                out.put(name, Tensors.toFloats(t));
              }
            });
    return out;
  }

  /** Writes tensors as they are. */
  public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
    SafetensorsWriter.write(path, entries(tensors, null), metadata);
  }

  /** Entries for a writer; values are cast one tensor at a time as they are written. */
  static List<SafetensorsWriter.Entry> entries(
      Map<String, Tensor> tensors, @org.jspecify.annotations.Nullable DType dtype) {
    List<SafetensorsWriter.Entry> out = new ArrayList<>();
    tensors.forEach(
        (name, t) ->
            out.add(
                entry(
                    name,
                    Tensors.shape(t),
                    dtype == null ? TorchTypes.of(Tensors.dtype(t)) : dtype,
                    () -> t)));
    return out;
  }

  /** A file's tensor for another file, as it is stored. */
  static SafetensorsWriter.Entry entry(WeightFile file, TensorInfo info) {
    if (info.view().isEmpty()) {
      return file.entry(info);
    }
    long[] shape = sizes(info.shape());
    return entry(info.name(), shape, info.dtype(), () -> read(file.path(), info));
  }

  /** An entry whose value is computed when it is written. */
  static SafetensorsWriter.Entry entry(
      String name, long[] shape, DType as, Supplier<Tensor> value) {
    List<Long> sizes = Arrays.stream(shape).boxed().toList();
    return new SafetensorsWriter.Entry(name, as, sizes, channel -> writeData(channel, value, as));
  }

  private static void writeData(WritableByteChannel channel, Supplier<Tensor> value, DType as)
      throws IOException {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      writeBytes(channel, Tensors.cast(value.get(), TorchTypes.of(as)));
    }
  }

  /** Writes a tensor's bytes, row-major. */
  public static void writeBytes(WritableByteChannel channel, Tensor tensor) throws IOException {
    Tensor data = Tensors.cpu(tensor).contiguous();
    long length = data.nbytes();
    for (long at = 0; at < length; at += CHUNK) {
      SafetensorsWriter.writeFully(channel, Tensors.bytes(data, at, Math.min(CHUNK, length - at)));
    }
  }

  /** Reads a contiguous tensor's bytes, which stand at a place in the file. */
  public static void readBytes(FileChannel channel, long from, Tensor tensor) throws IOException {
    Tensor data = tensor.device().is_cpu() ? tensor : torch.empty_like(Tensors.cpu(tensor));
    long length = data.nbytes();
    for (long at = 0; at < length; at += CHUNK) {
      ByteBuffer bytes = Tensors.bytes(data, at, Math.min(CHUNK, length - at));
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, from + at + bytes.position()) < 0) {
          throw new EOFException("the file ends in the middle of a tensor");
        }
      }
    }
    if (!tensor.device().is_cpu()) {
      tensor.copy_(data);
    }
  }
}
