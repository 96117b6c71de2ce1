package dev.luthier.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An importance matrix as GGUF: for each tensor {@code NAME.in_sum2} (matrices, columns) and {@code
 * NAME.counts} (matrices, 1), float32, one after the other, by name.
 */
final class ImportanceGguf {
  private static final String TYPE = "general.type";
  private static final String IMATRIX = "imatrix";
  private static final String DATASETS = "imatrix.datasets";
  private static final String CHUNKS = "imatrix.chunk_count";
  private static final String CHUNK_TOKENS = "imatrix.chunk_size";
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";

  private ImportanceGguf() {}

  static ImportanceMatrix of(Gguf file) {
    GgufMetadata metadata = file.metadata();
    if (!metadata.text(TYPE).orElse("").equals(IMATRIX)) {
      throw ImportanceMatrix.broken(file.path(), "its general.type is not imatrix");
    }
    SortedMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
    file.tensors()
        .forEach(
            (name, sums) -> {
              if (name.endsWith(SUMS)) {
                String tensor = name.substring(0, name.length() - SUMS.length());
                entries.put(tensor, entry(file, tensor, sums));
              }
            });
    return new ImportanceMatrix(
        entries,
        metadata.texts(DATASETS),
        metadata.integer(CHUNKS).orElse(0L),
        metadata.integer(CHUNK_TOKENS).orElse(0L));
  }

  private static ImportanceMatrix.Entry entry(Gguf file, String tensor, GgufTensor sums) {
    GgufTensor counts =
        file.tensor(tensor + COUNTS)
            .orElseThrow(
                () ->
                    ImportanceMatrix.broken(
                        file.path(),
                        "tensor '" + Problems.shortened(tensor + COUNTS) + "' is missing"));
    float[] each = floats(file, counts);
    float[] all = floats(file, sums);
    if (each.length == 0 || all.length == 0 || all.length % each.length != 0) {
      throw ImportanceMatrix.broken(
          file.path(),
          "tensor '"
              + Problems.shortened(tensor)
              + "' has "
              + all.length
              + " sums and "
              + each.length
              + " counts");
    }
    long[] whole = new long[each.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = Math.round((double) each[i]);
    }
    return new ImportanceMatrix.Entry(all, whole);
  }

  private static float[] floats(Gguf file, GgufTensor tensor) {
    if (tensor.type() != GgufType.F32 || tensor.length() > Integer.MAX_VALUE) {
      throw ImportanceMatrix.broken(
          file.path(),
          "tensor '" + Problems.shortened(tensor.name()) + "' is " + tensor.type() + ", not F32");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.length()).order(ByteOrder.LITTLE_ENDIAN);
    tensor.read(0, bytes);
    float[] out = new float[bytes.flip().remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(out);
    return out;
  }

  static void write(ImportanceMatrix matrix, Path path) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put(TYPE, GgufValue.of(IMATRIX));
    metadata.put(DATASETS, GgufValue.texts(matrix.datasets()));
    metadata.put(CHUNKS, GgufValue.uint32(matrix.chunks()));
    metadata.put(CHUNK_TOKENS, GgufValue.uint32(matrix.chunkTokens()));
    List<GgufWriter.Entry> tensors = new ArrayList<>();
    matrix
        .entries()
        .forEach(
            (name, entry) -> {
              float[] counts = new float[entry.counts().length];
              for (int i = 0; i < counts.length; i++) {
                counts[i] = entry.counts()[i];
              }
              tensors.add(tensor(name + SUMS, entry.sums(), counts.length, entry.columns()));
              tensors.add(tensor(name + COUNTS, counts, counts.length, 1));
            });
    GgufWriter.write(path, metadata, tensors);
  }

  /** ggml has no first size of 1. */
  private static GgufWriter.Entry tensor(String name, float[] values, int matrices, int columns) {
    List<Long> shape =
        matrices == 1 ? List.of((long) columns) : List.of((long) matrices, (long) columns);
    return new GgufWriter.Entry(
        name,
        GgufType.F32,
        shape,
        channel -> SafetensorsWriter.writeFully(channel, ImportanceDat.bytes(values)));
  }
}
