package dev.luthier.format;

import dev.luthier.LuthierException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An importance matrix in the format that llama.cpp wrote before July 2025, little-endian:
 *
 * <pre>
 * int32                     entries
 * int32, bytes              length and name      for each entry
 * int32                     calls
 * int32, float32...         number of values; mean squares times calls
 * int32                     chunks               may be missing, as what follows
 * int32, bytes              length and name of the text
 * </pre>
 *
 * <p>Calls are chunks of text. The counts of experts are lost: each one's values are multiplied by
 * the most calls of any, and those of an expert that no token was given to are all 1.
 */
final class ImportanceDat {
  private final Path path;
  private final ByteBuffer in;

  ImportanceDat(Path path, byte[] bytes) {
    this.path = path;
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  ImportanceMatrix parse() {
    try {
      int count = in.getInt();
      if (count < 1) {
        throw ImportanceMatrix.broken(path, "it has " + count + " entries");
      }
      SortedMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        String name = text("the name of entry " + i);
        long calls = in.getInt();
        float[] values = new float[length("the values of " + name, Float.BYTES)];
        in.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        in.position(in.position() + values.length * Float.BYTES);
        if (values.length == 0) {
          throw ImportanceMatrix.broken(path, "entry '" + Problems.shortened(name) + "' is empty");
        }
        entries.put(name, new ImportanceMatrix.Entry(values, new long[] {Math.max(1, calls)}));
      }
      int chunks = in.hasRemaining() ? in.getInt() : 0;
      List<String> datasets = in.hasRemaining() ? List.of(text("the name of the text")) : List.of();
      return new ImportanceMatrix(entries, datasets, chunks, 0);
    } catch (BufferUnderflowException e) {
      throw cut();
    }
  }

  private LuthierException cut() {
    return ImportanceMatrix.broken(path, "it ends after " + in.capacity() + " bytes, too early");
  }

  private int length(String what, int each) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining() / each) {
      throw ImportanceMatrix.broken(
          path, Problems.shortened(what) + " would have " + length + " x " + each + " bytes");
    }
    return length;
  }

  private String text(String what) {
    byte[] bytes = new byte[length(what, 1)];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static void write(ImportanceMatrix matrix, Path path) {
    List<ByteBuffer> pieces = new ArrayList<>();
    SortedMap<String, ImportanceMatrix.Entry> stored = new TreeMap<>(matrix.entries());
    stored.values().removeIf(entry -> entry.unseen() == entry.counts().length);
    pieces.add(int32(stored.size()));
    stored.forEach(
        (name, entry) -> {
          long most = 0;
          for (long count : entry.counts()) {
            most = Math.max(most, count);
          }
          long chunk = Math.max(1, matrix.chunkTokens());
          int calls = Math.toIntExact((most + chunk - 1) / chunk);
          addText(pieces, name);
          pieces.add(int32(calls));
          pieces.add(int32(entry.sums().length));
          pieces.add(bytes(values(entry, calls)));
        });
    pieces.add(int32(Math.toIntExact(matrix.chunks())));
    addText(pieces, matrix.datasets().isEmpty() ? "" : matrix.datasets().get(0));
    long size = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
    AtomicFile.write(
        path,
        size,
        channel -> {
          for (ByteBuffer piece : pieces) {
            SafetensorsWriter.writeFully(channel, piece);
          }
        });
  }

  private static float[] values(ImportanceMatrix.Entry entry, int calls) {
    float[] out = entry.means();
    for (int i = 0; i < out.length; i++) {
      out[i] *= calls;
    }
    return out;
  }

  private static ByteBuffer int32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value);
  }

  private static void addText(List<ByteBuffer> pieces, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    pieces.add(int32(bytes.length));
    pieces.add(ByteBuffer.wrap(bytes));
  }

  static ByteBuffer bytes(float[] values) {
    ByteBuffer out =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.asFloatBuffer().put(values);
    return out;
  }
}
