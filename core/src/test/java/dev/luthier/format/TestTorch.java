package dev.luthier.format;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files as torch.save writes them. */
public final class TestTorch {
  private TestTorch() {}

  /** The zip layout: {@code archive/data.pkl}, {@code byteorder}, the storages, {@code version}. */
  public static Path zip(Path path, byte[] pickle, Map<String, byte[]> storages) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", pickle);
    entries.put("archive/byteorder", ascii("little"));
    storages.forEach((key, data) -> entries.put("archive/data/" + key, data));
    entries.put("archive/version", ascii("3\n"));
    return archive(path, entries);
  }

  /** Any zip of stored entries. */
  public static Path archive(Path path, Map<String, byte[]> entries) {
    try (OutputStream file = Files.newOutputStream(path);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(e.getKey());
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        entry.setSize(e.getValue().length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(e.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return path;
  }

  /**
   * The legacy layout.
   *
   * @param bytesPerElement of all storages
   */
  public static Path legacy(
      Path path, byte[] pickle, Map<String, byte[]> storages, int bytesPerElement) {
    PickleWriter out = legacyHead(true).raw(pickle).proto().op(']', '(');
    storages.keySet().forEach(out::text);
    out.op('e', '.');
    storages.values().forEach(data -> out.little(data.length / bytesPerElement, 8).raw(data));
    return write(path, out.bytes());
  }

  /** The three pickles that a legacy file begins with. */
  public static PickleWriter legacyHead(boolean littleEndian) {
    return new PickleWriter()
        .proto()
        .op(0x8a, 10)
        .little(0xa86a20f9469cfc6cL, 8)
        .little(0x1950, 2)
        .op('.')
        .proto()
        .op('M')
        .little(1001, 2)
        .op('.')
        .proto()
        .op('}', '(')
        .text("protocol_version")
        .op('M')
        .little(1001, 2)
        .text("little_endian")
        .op(littleEndian ? 0x88 : 0x89)
        .op('u', '.');
  }

  /** Writes bytes. */
  public static Path write(Path path, byte[] bytes) {
    try {
      return Files.write(path, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** ASCII bytes. */
  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Float32 bytes. */
  public static byte[] floats(float... values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    out.asFloatBuffer().put(values);
    return out.array();
  }

  /** 0, 1, 2 ... as float32. */
  public static byte[] counting(int count) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = i;
    }
    return floats(out);
  }
}
