package dev.luthier.checkpoint;

import dev.luthier.format.DType;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.format.TensorInfo;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors to safetensors files and back. */
public final class TensorFiles {
  private static final long CHUNK = 64 << 20;

  private TensorFiles() {}

  /** The whole file as bytes, mapped: pages are read when touched. Belongs to the current scope. */
  static Tensor map(Path path, long size) {
    Native.load();
    return torch.from_file(
        path.toString(),
        new BoolOptional(false),
        new LongOptional(size),
        Tensors.options(ScalarType.Byte, Device.CPU));
  }

  /** One tensor of a mapped file; a copy only where the file does not align it. */
  static Tensor view(Tensor mapped, TensorInfo info) {
    ScalarType type = TorchTypes.of(info.dtype());
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    if (info.length() == 0) {
      return torch.empty(shape, Tensors.options(type, Device.CPU), null);
    }
    Tensor bytes = mapped.narrow(0, info.offset(), info.length());
    if (info.offset() % info.dtype().bytes() != 0) {
      bytes = bytes.clone();
    }
    return bytes.view(type).view(shape);
  }

  /** Copies the file's tensors into these, which must be all of them and of the same shapes. */
  public static void readInto(Path path, Map<String, Tensor> targets) {
    SafetensorsFile file = SafetensorsFile.open(path);
    if (!file.tensors().keySet().equals(targets.keySet())) {
      throw new dev.luthier.LuthierException(
          path + " does not hold the tensors of this run; it belongs to another one");
    }
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor mapped = map(path, size(path));
      file.tensors()
          .forEach(
              (name, info) -> {
                Tensor target = targets.get(name);
                if (target != null) {
                  target.copy_(view(mapped, info));
                }
              });
    }
  }

  /** All tensors of a small file as float32 arrays. */
  public static Map<String, float[]> readFloats(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    Map<String, float[]> out = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor mapped = map(path, size(path));
      file.tensors().forEach((name, info) -> out.put(name, Tensors.toFloats(view(mapped, info))));
    }
    return out;
  }

  static long size(Path path) {
    try {
      return java.nio.file.Files.size(path);
    } catch (IOException e) {
      throw new dev.luthier.LuthierException(
          path + " cannot be read: " + dev.luthier.format.Reason.of(e), e);
    }
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
      Tensor data = Tensors.cast(Tensors.cpu(value.get()), TorchTypes.of(as)).contiguous();
      long length = data.nbytes();
      for (long at = 0; at < length; at += CHUNK) {
        SafetensorsWriter.writeFully(
            channel, Tensors.bytes(data, at, Math.min(CHUNK, length - at)));
      }
    }
  }
}
