package dev.luthier.generate;

import dev.luthier.model.Transformer;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Rows that are decoded together: their cached keys and values, and where each row begins.
 *
 * <p>Rows of unequal length are padded on the left. Padding has document 0, so no real token sees
 * it, and positions count from the first real token:
 *
 * <pre>
 * ids        5 6 7    documents  1 1 1    positions  0 1 2
 *            . . 9               0 0 1               0 0 0
 * </pre>
 *
 * <p>Of a model with an encoder the prompts are the encoder's, read whole, and what is decoded
 * follows the id that the decoder begins with.
 */
final class Decoding implements AutoCloseable {
  /** Tokens of a prompt that run through the model at once, over all rows. */
  private static final int CHUNK = 1024;

  private final Transformer model;
  private final List<KvCache> caches;
  private int[] pads = {};
  private int[][] ids = {}; // B x at least length, padding included
  private int length;
  private int source; // tokens of each row that an encoder reads
  private long regime; // in which the caches were computed

  Decoding(Transformer model) {
    this.model = model;
    this.caches = model.newCaches();
  }

  /** Cached tokens of each row, padding included. */
  int length() {
    return length;
  }

  /** Whether a prompt's beginning can stay when its end changes: not under an encoder. */
  boolean isCausal() {
    return model.kind() == Transformer.Kind.DECODER;
  }

  /** Forgets all but the first tokens. */
  void truncate(int to) {
    caches.forEach(cache -> cache.truncate(to));
    length = to;
  }

  /**
   * Reads the prompts of fresh rows.
   *
   * @return for each row the scores (V) of what follows
   */
  float[][] start(List<int[]> prompts) {
    caches.forEach(KvCache::close);
    length = 0;
    int longest = prompts.stream().mapToInt(p -> p.length).max().orElseThrow();
    pads = prompts.stream().mapToInt(p -> longest - p.length).toArray();
    int[][] padded = new int[pads.length][longest];
    for (int row = 0; row < pads.length; row++) {
      System.arraycopy(prompts.get(row), 0, padded[row], pads[row], prompts.get(row).length);
    }
    ids = new int[pads.length][0];
    if (isCausal()) {
      return read(padded);
    }
    source = longest;
    int start = model.decoderStart();
    for (int row = 0; row < ids.length; row++) {
      ids[row] = Arrays.copyOf(padded[row], longest + 1);
      ids[row][longest] = start;
    }
    return run(ids, true);
  }

  /**
   * Reads further tokens, as many for each row, in chunks whose activations stay small. Where the
   * model tells positions of longer texts in another way, it reads everything anew.
   *
   * @param more B x T
   * @return for each row the scores (V) of what follows
   */
  float[][] read(int[][] more) {
    for (int row = 0; row < ids.length; row++) {
      ids[row] = Arrays.copyOf(ids[row], length + more[row].length);
      System.arraycopy(more[row], 0, ids[row], length, more[row].length);
    }
    int total = length + more[0].length;
    long now = model.regime(total - Arrays.stream(pads).min().orElse(0));
    if (now != regime) {
      truncate(0);
      regime = now;
    }
    // What a pass computes depends on its largest position beyond a model's first regime, so such a
    // text must not be cut.
    int chunk = now == model.regime(1) ? Math.max(32, CHUNK / ids.length) : total;
    float[][] scores = {};
    while (length < total) {
      int from = length;
      int to = Math.min(total, from + chunk);
      int[][] part =
          Arrays.stream(ids).map(row -> Arrays.copyOfRange(row, from, to)).toArray(int[][]::new);
      scores = run(part, to == total);
    }
    return scores;
  }

  /** One more token for each row. */
  float[][] next(int[] chosen) {
    return read(Arrays.stream(chosen).mapToObj(id -> new int[] {id}).toArray(int[][]::new));
  }

  private float[][] run(int[][] part, boolean scores) {
    int rows = part.length;
    int queries = part[0].length;
    int keys = length + queries;
    try (PointerScope scope = new PointerScope()) {
      long[] tokens = Arrays.stream(part).flatMapToInt(Arrays::stream).asLongStream().toArray();
      Pass pass =
          model.pass(
              new Places(
                  rows,
                  keys,
                  queries,
                  positions(rows, queries),
                  documents(rows, keys),
                  null,
                  source));
      Device device = model.parameters().device();
      Tensor x = Inference.hidden(model, model.tokens(tokens, rows, queries), pass, caches);
      length = keys;
      if (!scores) {
        return new float[0][];
      }
      Tensor last = x.select(1, queries - 1); // (B, D)
      return split(Tensors.toFloats(Inference.logits(model, last, pass)), rows);
    }
  }

  private long[] positions(int rows, int queries) {
    long[] positions = new long[rows * queries];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = Math.max(0, length + i % queries - pads[i / queries]);
    }
    return positions;
  }

  private long[] documents(int rows, int keys) {
    long[] documents = new long[rows * keys];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(documents, row * keys + pads[row], (row + 1) * keys, 1);
    }
    return documents;
  }

  private static float[][] split(float[] all, int rows) {
    int width = all.length / rows;
    float[][] out = new float[rows][];
    for (int row = 0; row < rows; row++) {
      out[row] = Arrays.copyOfRange(all, row * width, (row + 1) * width);
    }
    return out;
  }

  /** Keeps only these rows, in this order. */
  void select(int[] rows) {
    try (PointerScope scope = new PointerScope()) {
      Device device = model.parameters().device();
      long[] indices = Arrays.stream(rows).asLongStream().toArray();
      Tensor at = Tensors.longs(indices, device, rows.length);
      caches.forEach(cache -> cache.select(at));
    }
    int[] before = pads;
    int[][] all = ids;
    pads = Arrays.stream(rows).map(row -> before[row]).toArray();
    ids = Arrays.stream(rows).mapToObj(row -> all[row]).toArray(int[][]::new);
  }

  @Override
  public void close() {
    caches.forEach(KvCache::close);
  }
}
