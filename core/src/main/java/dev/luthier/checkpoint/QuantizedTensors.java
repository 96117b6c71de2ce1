package dev.luthier.checkpoint;

import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.QuantState;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.format.TensorInfo;
import dev.luthier.quant.Absmax;
import dev.luthier.quant.FourBitMatrix;
import dev.luthier.quant.FourBitType;
import dev.luthier.quant.Int8Matrix;
import dev.luthier.quant.NestedAbsmax;
import dev.luthier.quant.QuantSettings;
import dev.luthier.quant.QuantizedMatrix;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Quantized matrices as bitsandbytes stores them. Beside {@code P}, such as {@code
 * model.layers.0.mlp.up_proj.weight}, stand
 *
 * <ul>
 *   <li>four bits: {@code P.absmax}, {@code P.quant_map} (the type's 16 values), {@code
 *       P.quant_state.bitsandbytes__nf4} or {@code __fp4} (see {@link QuantState}); with double
 *       quantization {@code P.nested_absmax} and {@code P.nested_quant_map}. {@code P} itself is
 *       the packed bytes, ((n + 1) / 2, 1), or fewer elements of a wider dtype with the same bytes.
 *   <li>INT8: {@code P} is int8 (out, in), its module has {@code SCB}, float32 (out), and {@code
 *       weight_format}, a uint8 of 0.
 * </ul>
 */
public final class QuantizedTensors {
  private static final String ABSMAX = ".absmax";
  private static final String QUANT_MAP = ".quant_map";
  private static final String NESTED_ABSMAX = ".nested_absmax";
  private static final String NESTED_QUANT_MAP = ".nested_quant_map";
  private static final String QUANT_STATE = ".quant_state.bitsandbytes__";
  private static final String WEIGHT = "weight";
  private static final String SCB = "SCB";
  private static final String WEIGHT_FORMAT = "weight_format";
  private static final long LARGEST_STATE = 1 << 16;

  private QuantizedTensors() {}

  /** Whether the matrix is stored quantized. */
  static boolean has(FileSource source, String name) {
    return type(source, name).isPresent() || source.has(sibling(name, SCB));
  }

  /** The matrix's rows and columns. */
  static long[] shape(FileSource source, String name) {
    Optional<FourBitType> type = type(source, name);
    List<Long> shape =
        type.isPresent()
            ? state(source, name + QUANT_STATE + type.get()).shape()
            : info(source, name).shape();
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** How the first quantized matrix is held; empty if none is quantized. */
  static Optional<QuantSettings> settings(FileSource source) {
    return source.names().stream()
        .filter(name -> has(source, name))
        .findFirst()
        .map(name -> settings(source, name));
  }

  private static QuantSettings settings(FileSource source, String name) {
    Optional<FourBitType> type = type(source, name);
    if (type.isEmpty()) {
      return QuantSettings.int8();
    }
    QuantState state = state(source, name + QUANT_STATE + type.get());
    return new QuantSettings(
        type.get() == FourBitType.NF4 ? QuantSettings.Type.NF4 : QuantSettings.Type.FP4,
        state.blockSize(),
        state.nested().isPresent(),
        0);
  }

  /** Names of the tensors that stand beside a matrix and say how to read it. */
  static List<String> companions(FileSource source, String name) {
    if (!has(source, name)) {
      return List.of();
    }
    List<String> own = List.of(sibling(name, SCB), sibling(name, WEIGHT_FORMAT));
    return source.names().stream()
        .filter(n -> n.startsWith(name + ".") || own.contains(n))
        .toList();
  }

  private static Optional<FourBitType> type(FileSource source, String name) {
    return Arrays.stream(FourBitType.values())
        .filter(t -> source.has(name + QUANT_STATE + t))
        .findFirst();
  }

  /** {@code a.b.weight} to {@code a.b.SCB}. */
  private static String sibling(String name, String last) {
    return name.endsWith(WEIGHT)
        ? name.substring(0, name.length() - WEIGHT.length()) + last
        : name + "." + last;
  }

  /**
   * Reads a matrix for which {@link #has} is true, into tensors of the current scope.
   *
   * @throws LuthierException naming the tensor that is missing, or does not fit the others
   */
  static QuantizedMatrix read(FileSource source, String name) {
    Optional<FourBitType> type = type(source, name);
    return type.isPresent() ? fourBit(source, name, type.get()) : int8(source, name);
  }

  private static FourBitMatrix fourBit(FileSource source, String name, FourBitType type) {
    String stateName = name + QUANT_STATE + type;
    QuantState state = state(source, stateName);
    ScalarType dtype = TorchTypes.floating(state.dtype()).orElse(null);
    if (!state.quantType().equals(type.toString())
        || !FourBitMatrix.validBlockSize(state.blockSize())
        || dtype == null) {
      throw wrong(
          source,
          stateName,
          "its quant_type is %s, its blocksize %d and its dtype %s; expected %s, a power of two from"
                  .formatted(state.quantType(), state.blockSize(), state.dtype(), type)
              + " 32 to 4096, and a float dtype");
    }
    long values = state.shape().get(0) * state.shape().get(1);
    long blocks = (values + state.blockSize() - 1) / state.blockSize();
    checkMap(source, name + QUANT_MAP, type.codebook());
    Absmax absmax =
        state.nested().isPresent()
            ? nested(source, name, state.nested().get(), blocks)
            : new Absmax.Plain(read(source, name + ABSMAX, DType.F32, blocks));
    return new FourBitMatrix(
        type,
        state.blockSize(),
        state.shape().get(0),
        state.shape().get(1),
        dtype,
        packed(source, name, (values + 1) / 2),
        absmax);
  }

  private static QuantState state(FileSource source, String name) {
    TensorInfo info = info(source, name);
    if (info.dtype() != DType.U8 || info.length() > LARGEST_STATE) {
      throw wrong(source, name, "it is " + info.dtype() + " " + info.shape() + "; expected JSON");
    }
    byte[] json = new byte[(int) info.length()];
    try (PointerScope scope = new PointerScope()) {
      Tensors.bytes(source.read(name)).get(json);
    }
    return QuantState.parse(json, source.where() + ": " + name);
  }

  private static NestedAbsmax nested(
      FileSource source, String name, QuantState.Nested state, long blocks) {
    long groups = (blocks + state.blockSize() - 1) / state.blockSize();
    return new NestedAbsmax(
        read(source, name + ABSMAX, DType.U8, blocks),
        read(source, name + NESTED_ABSMAX, DType.F32, groups),
        read(source, name + NESTED_QUANT_MAP, DType.F32, 256),
        (float) state.offset(),
        state.blockSize());
  }

  private static Tensor packed(FileSource source, String name, long bytes) {
    TensorInfo info = info(source, name);
    if (info.length() != bytes) {
      throw wrong(
          source, name, "it has " + info.length() + " bytes; its quant_state asks for " + bytes);
    }
    return source.read(name).view(-1).view(ScalarType.Byte);
  }

  private static void checkMap(FileSource source, String name, float[] expected) {
    float[] found = Tensors.toFloats(read(source, name, DType.F32, expected.length));
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= 1e-6)) {
        throw wrong(
            source, name, "value " + i + " is " + found[i] + " where the type has " + expected[i]);
      }
    }
  }

  private static Int8Matrix int8(FileSource source, String name) {
    TensorInfo info = info(source, name);
    if (info.dtype() != DType.I8 || info.shape().size() != 2) {
      throw wrong(
          source, name, "it is " + info.dtype() + " " + info.shape() + "; expected I8 [out, in]");
    }
    String format = sibling(name, WEIGHT_FORMAT);
    if (source.has(format) && Tensors.toLongs(read(source, format, DType.U8, 1))[0] != 0) {
      throw wrong(source, format, "it is not 0, which stands for rows; only that is read");
    }
    Tensor scb = read(source, sibling(name, SCB), DType.F32, info.shape().get(0));
    return new Int8Matrix(source.read(name), scb.view(-1), ScalarType.Half, 0);
  }

  private static TensorInfo info(FileSource source, String name) {
    return source
        .info(name)
        .orElseThrow(
            () -> wrong(source, name, "it is missing, but others of its matrix are there"));
  }

  private static Tensor read(FileSource source, String name, DType dtype, long elements) {
    TensorInfo info = info(source, name);
    if (info.dtype() != dtype || info.elements() != elements) {
      throw wrong(
          source,
          name,
          "it is %s %s; expected %s with %d elements"
              .formatted(info.dtype(), info.shape(), dtype, elements));
    }
    return source.read(name);
  }

  private static LuthierException wrong(FileSource source, String name, String what) {
    return new LuthierException(
        source.where()
            + ": tensor "
            + name
            + ": "
            + what
            + ". See docs/troubleshooting.md#quantized-weights");
  }

  /**
   * The tensors that a file holds of a matrix.
   *
   * @param storage the dtype under which four-bit codes are written: U8, or a wider one with the
   *     same bytes
   */
  static List<SafetensorsWriter.Entry> entries(String name, QuantizedMatrix matrix, DType storage) {
    return matrix instanceof FourBitMatrix fourBit
        ? fourBitEntries(name, fourBit, storage)
        : int8Entries(name, (Int8Matrix) matrix);
  }

  private static List<SafetensorsWriter.Entry> fourBitEntries(
      String name, FourBitMatrix matrix, DType storage) {
    long bytes = matrix.packed().numel();
    if (bytes % storage.bytes() != 0) {
      throw new LuthierException(
          name + " has " + bytes + " packed bytes, which cannot be stored as " + storage);
    }
    List<SafetensorsWriter.Entry> out = new ArrayList<>();
    Tensor packed = matrix.packed().view(-1).view(TorchTypes.of(storage));
    out.add(TensorFiles.entry(name, new long[] {packed.numel(), 1}, storage, () -> packed));
    // bitsandbytes has no second zero in FP4's map.
    float[] map = matrix.type().codebook();
    for (int i = 0; i < map.length; i++) {
      map[i] += 0f;
    }
    out.add(entry(name + QUANT_MAP, Tensors.floats(map, Device.CPU, map.length)));
    Optional<QuantState.Nested> nested = Optional.empty();
    if (matrix.absmax() instanceof NestedAbsmax n) {
      out.add(entry(name + ABSMAX, n.codes()));
      out.add(entry(name + NESTED_ABSMAX, n.absmax()));
      out.add(entry(name + NESTED_QUANT_MAP, n.map()));
      nested = Optional.of(new QuantState.Nested(n.blockSize(), n.offset()));
    } else {
      out.add(entry(name + ABSMAX, matrix.absmax().tensors().get(0)));
    }
    byte[] state =
        new QuantState(
                matrix.type().toString(),
                matrix.blockSize(),
                TorchTypes.of(matrix.dtype()).torchName(),
                List.of(matrix.rows(), matrix.columns()),
                nested)
            .toBytes();
    out.add(entry(name + QUANT_STATE + matrix.type(), Tensors.uint8(state, state.length)));
    return out;
  }

  private static List<SafetensorsWriter.Entry> int8Entries(String name, Int8Matrix matrix) {
    return List.of(
        entry(name, matrix.weight()),
        entry(sibling(name, SCB), matrix.scb()),
        entry(sibling(name, WEIGHT_FORMAT), Tensors.uint8(new byte[1])));
  }

  private static SafetensorsWriter.Entry entry(String name, Tensor t) {
    return TensorFiles.entry(name, Tensors.shape(t), TorchTypes.of(Tensors.dtype(t)), () -> t);
  }
}
