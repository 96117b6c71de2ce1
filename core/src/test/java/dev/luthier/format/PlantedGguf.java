package dev.luthier.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A GGUF file written field by field, for tests to read. */
public final class PlantedGguf {
  private record Stored(GgufType type, long[] shape, byte[] data) {}

  private final Map<String, byte[]> values = new LinkedHashMap<>();
  private final Map<String, Stored> tensors = new LinkedHashMap<>();
  private int alignment = 32;

  /** A text. */
  public PlantedGguf text(String key, String value) {
    return put(key, 8, string(value));
  }

  /** A uint32. */
  public PlantedGguf integer(String key, long value) {
    return put(key, 4, little(4).putInt((int) value).array());
  }

  /** A float32. */
  public PlantedGguf number(String key, double value) {
    return put(key, 6, little(4).putFloat((float) value).array());
  }

  /** A bool. */
  public PlantedGguf flag(String key, boolean value) {
    return put(key, 7, new byte[] {(byte) (value ? 1 : 0)});
  }

  /** An array of texts. */
  public PlantedGguf texts(String key, String... all) {
    ByteArrayOutputStream out = array(8, all.length);
    for (String s : all) {
      out.writeBytes(string(s));
    }
    return put(key, 9, out.toByteArray());
  }

  /** An array of int32. */
  public PlantedGguf integers(String key, int... all) {
    ByteArrayOutputStream out = array(5, all.length);
    for (int n : all) {
      out.writeBytes(little(4).putInt(n).array());
    }
    return put(key, 9, out.toByteArray());
  }

  /** An array of float32. */
  public PlantedGguf numbers(String key, float... all) {
    ByteArrayOutputStream out = array(6, all.length);
    for (float x : all) {
      out.writeBytes(little(4).putFloat(x).array());
    }
    return put(key, 9, out.toByteArray());
  }

  /** Any value: the number of its type, and its bytes. */
  public PlantedGguf put(String key, int type, byte[] value) {
    ByteBuffer typed = little(4 + value.length).putInt(type).put(value);
    values.put(key, typed.array());
    return this;
  }

  /** What tensors are aligned to. */
  public PlantedGguf alignment(int bytes) {
    alignment = bytes;
    return integer("general.alignment", bytes);
  }

  /**
   * A tensor.
   *
   * @param shape row-major
   */
  public PlantedGguf tensor(String name, GgufType type, byte[] data, long... shape) {
    tensors.put(name, new Stored(type, shape.clone(), data));
    return this;
  }

  /** A float32 tensor. */
  public PlantedGguf tensor(String name, float[] data, long... shape) {
    ByteBuffer bytes = little(4 * data.length);
    bytes.asFloatBuffer().put(data);
    return tensor(name, GgufType.F32, bytes.array(), shape);
  }

  /** Puts the rows of tensors that are there into one. */
  public PlantedGguf join(String name, String... parts) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    List<Stored> all =
        Stream.of(parts).map(part -> Objects.requireNonNull(tensors.remove(part), part)).toList();
    all.forEach(part -> data.writeBytes(part.data));
    long[] shape = all.get(0).shape.clone();
    shape[0] = all.stream().mapToLong(part -> part.shape[0]).sum();
    return tensor(name, all.get(0).type, data.toByteArray(), shape);
  }

  /** The file's bytes. */
  public byte[] bytes() {
    return bytes(3);
  }

  /** The file's bytes, as of this version. */
  public byte[] bytes(int version) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(little(4).putInt(version).array());
    out.writeBytes(little(16).putLong(tensors.size()).putLong(values.size()).array());
    values.forEach(
        (key, value) -> {
          out.writeBytes(string(key));
          out.writeBytes(value);
        });
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    tensors.forEach(
        (name, t) -> {
          out.writeBytes(string(name));
          out.writeBytes(little(4).putInt(t.shape.length).array());
          for (int d = t.shape.length - 1; d >= 0; d--) {
            out.writeBytes(little(8).putLong(t.shape[d]).array());
          }
          out.writeBytes(little(12).putInt(t.type.code()).putLong(data.size()).array());
          data.writeBytes(t.data);
          pad(data);
        });
    pad(out);
    out.writeBytes(data.toByteArray());
    return out.toByteArray();
  }

  /** Writes the file. */
  public Path write(Path path) {
    try {
      return Files.write(path, bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void pad(ByteArrayOutputStream out) {
    while (out.size() % alignment != 0) {
      out.write(0);
    }
  }

  private static ByteArrayOutputStream array(int type, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(little(12).putInt(type).putLong(count).array());
    return out;
  }

  /** Writes a model in several files, the tensors dealt out in turn. */
  public List<Path> writeSplit(Path folder, String name, int count) {
    List<Path> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PlantedGguf part = new PlantedGguf();
      if (i == 0) {
        part.values.putAll(values);
      }
      part.put("split.no", 2, little(2).putShort((short) i).array());
      part.put("split.count", 2, little(2).putShort((short) count).array());
      part.put("split.tensors.count", 5, little(4).putInt(tensors.size()).array());
      int at = 0;
      for (Map.Entry<String, Stored> t : tensors.entrySet()) {
        if (at++ % count == i) {
          part.tensors.put(t.getKey(), t.getValue());
        }
      }
      out.add(part.write(folder.resolve("%s-%05d-of-%05d.gguf".formatted(name, i + 1, count))));
    }
    return out;
  }

  /** A string as the format stores it. */
  static byte[] string(String s) {
    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
    return little(8 + utf8.length).putLong(utf8.length).put(utf8).array();
  }

  static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
