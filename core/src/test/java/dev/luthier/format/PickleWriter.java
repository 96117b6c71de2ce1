package dev.luthier.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** An assembler of pickles: opcode by opcode, good or bad. */
public final class PickleWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Raw bytes: opcodes as characters, or numbers. */
  public PickleWriter op(int... codes) {
    for (int code : codes) {
      out.write(code);
    }
    return this;
  }

  /** Bytes as they are. */
  public PickleWriter raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** Protocol 2, as torch.save begins. */
  public PickleWriter proto() {
    return op(0x80, 2);
  }

  /** GLOBAL. */
  public PickleWriter global(String module, String name) {
    return op('c').raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** BINUNICODE. */
  public PickleWriter text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return op('X').little(bytes.length, 4).raw(bytes);
  }

  /** BININT1, BININT or LONG1. */
  public PickleWriter number(long value) {
    if (value >= 0 && value < 256) {
      return op('K', (int) value);
    }
    return value == (int) value ? op('J').little(value, 4) : op(0x8a, 8).little(value, 8);
  }

  /** A little-endian number. */
  public PickleWriter little(long value, int bytes) {
    byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    out.write(all, 0, bytes);
    return this;
  }

  /** A tuple of numbers. */
  public PickleWriter numbers(long... values) {
    op('(');
    for (long value : values) {
      number(value);
    }
    return op('t');
  }

  /** A storage by its persistent id, as the zip layout has it. */
  public PickleWriter storage(String type, String key, long elements) {
    return op('(')
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .number(elements)
        .op('t', 'Q');
  }

  /** A view of the storage made by {@code _rebuild_tensor_v2}. */
  public PickleWriter tensor(
      String type, String key, long elements, long offset, long[] shape, long[] strides) {
    return global("torch._utils", "_rebuild_tensor_v2")
        .op('(')
        .storage(type, key, elements)
        .number(offset)
        .numbers(shape)
        .numbers(strides)
        .op(0x89)
        .global("collections", "OrderedDict")
        .op(')', 'R', 't', 'R');
  }

  /** A float32 vector that is the whole of its storage. */
  public PickleWriter vector(String key, long elements) {
    return tensor("FloatStorage", key, elements, 0, new long[] {elements}, new long[] {1});
  }

  /** The pickle so far. */
  public byte[] bytes() {
    return out.toByteArray();
  }

  /** The pickle with STOP. */
  public byte[] stop() {
    return op('.').bytes();
  }

  /** A pickle of a dict of float32 vectors, each a storage under its own name. */
  public static byte[] vectors(Map<String, Integer> elements) {
    PickleWriter out = new PickleWriter().proto().op('}', '(');
    elements.forEach((name, n) -> out.text(name).vector(name, n));
    return out.op('u').stop();
  }
}
