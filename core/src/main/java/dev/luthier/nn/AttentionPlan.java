package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Which keys each query sees: those of its own document, and in causal models none that stand after
 * it or too far before. Computed once per batch and shared by all blocks.
 *
 * <p>Queries are cut into tiles so that scores stay small. A tile looks only at keys from the start
 * of the earliest document that any of its queries belongs to, which makes packed rows cost what
 * their documents cost.
 */
public final class AttentionPlan {
  private static final int TILE = 256;

  /** Keys start at multiples of this: oneDNN compiles and keeps a kernel for every new shape. */
  private static final int KEY_STEP = 64;

  /**
   * Queries [from, to) against keys [keysFrom, keysTo).
   *
   * @param bias 0 where a query sees a key, minus infinity elsewhere: (1 or B, 1, 1, queries, m)
   *     for the last m keys, every query seeing those before; null where every query sees every key
   * @param causal whether the bias hides nothing but what comes after a query
   */
  record Tile(int from, int to, int keysFrom, int keysTo, @Nullable Tensor bias, boolean causal) {
    int queries() {
      return to - from;
    }

    int keys() {
      return keysTo - keysFrom;
    }
  }

  private final List<Tile> tiles;
  private final boolean causal;
  private final @Nullable Tensor starts;
  private final int window;

  private AttentionPlan(List<Tile> tiles, boolean causal, @Nullable Tensor starts, int window) {
    this.window = window;
    this.tiles = tiles;
    this.causal = causal;
    this.starts = starts;
  }

  /** Whether no query sees a key that stands after it. */
  boolean isCausal() {
    return causal;
  }

  /** How many tokens a query of a causal plan sees, itself included; 0 for all before it. */
  int window() {
    return window;
  }

  /** The first key that each token sees: int64 (B, S), on the CPU; null where all are 0. */
  @Nullable Tensor starts() {
    return starts;
  }

  List<Tile> tiles() {
    return tiles;
  }

  /** Bytes of all tiles' softmax outputs. */
  long weightBytes(long rowsTimesHeads, Tensor sample) {
    long elements = 0;
    for (Tile tile : tiles) {
      elements += rowsTimesHeads * tile.queries() * tile.keys();
    }
    return elements * sample.element_size();
  }

  /**
   * The plan of a causal model.
   *
   * @param window how many tokens each query sees, itself included; 0 for all before it
   */
  public static AttentionPlan causal(Places places, int window, ScalarType dtype, Device device) {
    if (places.ragged()) {
      return new AttentionPlan(List.of(), true, null, window); // tiles cannot tell who sees whom
    }
    int rows = places.rows();
    int keys = places.keys();
    int queries = places.queries();
    long[] documents = places.documents();
    int[] starts = starts(documents, rows, keys, window);
    boolean plain = isPlain(starts, documents, rows, keys);
    List<Tile> tiles = new ArrayList<>();
    int offset = keys - queries;
    for (int from = 0; from < queries; from += TILE) {
      int to = Math.min(queries, from + TILE);
      int keysFrom =
          plain
              ? 0
              : earliest(starts, rows, keys, offset + from, offset + to) / KEY_STEP * KEY_STEP;
      int keysTo = offset + to;
      Tensor bias = null;
      if (plain && to - from > 1) {
        bias = bias(new int[keys], 1, keys, offset, from, to, offset + from, dtype, device);
      } else if (!plain) {
        bias = bias(starts, rows, keys, offset, from, to, keysFrom, dtype, device);
      }
      tiles.add(new Tile(from, to, keysFrom, keysTo, bias, plain));
    }
    Tensor first =
        plain
            ? null
            : Tensors.longs(Arrays.stream(starts).asLongStream().toArray(), Device.CPU, rows, keys);
    return new AttentionPlan(tiles, true, first, window);
  }

  /**
   * The plan in which every query sees all keys of its own document.
   *
   * @param queries (B, T): the document of each query, 0 for padding
   * @param keys (B, S): the document of each key, 0 for padding
   * @param rows B
   */
  public static AttentionPlan full(
      long[] queries, long[] keys, int rows, ScalarType dtype, Device device) {
    int length = queries.length / rows;
    int width = keys.length / rows;
    List<Tile> tiles = new ArrayList<>();
    for (int from = 0; from < length; from += TILE) {
      int to = Math.min(length, from + TILE);
      float[] bias = new float[rows * (to - from) * width];
      boolean hides = false;
      for (int i = 0; i < bias.length; i++) {
        int b = i / ((to - from) * width);
        long query = queries[b * length + from + i / width % (to - from)];
        long key = keys[b * width + i % width];
        // Nobody reads what padding sees, but a softmax over nothing would not be a number.
        if (query != key && query != 0) {
          bias[i] = Float.NEGATIVE_INFINITY;
          hides = true;
        }
      }
      Tensor mask =
          hides
              ? Tensors.cast(Tensors.floats(bias, device, rows, 1, 1, to - from, width), dtype)
              : null;
      tiles.add(new Tile(from, to, 0, width, mask, false));
    }
    return new AttentionPlan(tiles, false, null, 0);
  }

  /** For every token, the first that it sees. */
  private static int[] starts(long[] documents, int rows, int keys, int window) {
    int[] starts = new int[rows * keys];
    for (int b = 0; b < rows; b++) {
      int start = 0;
      for (int s = 0; s < keys; s++) {
        if (s > 0 && documents[b * keys + s] != documents[b * keys + s - 1]) {
          start = s;
        }
        starts[b * keys + s] = window == 0 ? start : Math.max(start, s - window + 1);
      }
    }
    return starts;
  }

  /**
   * One document per row from its start: trailing padding needs no mask, since nothing real comes
   * after it.
   */
  private static boolean isPlain(int[] starts, long[] documents, int rows, int keys) {
    for (int i = 0; i < rows * keys; i++) {
      if (documents[i] != 0 && starts[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static int earliest(int[] starts, int rows, int keys, int from, int to) {
    int earliest = to - 1;
    for (int b = 0; b < rows; b++) {
      for (int s = from; s < to; s++) {
        earliest = Math.min(earliest, starts[b * keys + s]);
      }
    }
    return earliest;
  }

  private static Tensor bias(
      int[] starts,
      int rows,
      int keys,
      int offset,
      int from,
      int to,
      int keysFrom,
      ScalarType dtype,
      Device device) {
    int keysTo = offset + to;
    int width = keysTo - keysFrom;
    float[] bias = new float[rows * (to - from) * width];
    int i = 0;
    for (int b = 0; b < rows; b++) {
      for (int q = offset + from; q < keysTo; q++) {
        int first = starts[b * keys + q];
        for (int k = keysFrom; k < keysTo; k++) {
          bias[i++] = k <= q && k >= first ? 0 : Float.NEGATIVE_INFINITY;
        }
      }
    }
    return Tensors.cast(Tensors.floats(bias, device, rows, 1, 1, to - from, width), dtype);
  }
}
