package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of the tokens so far, of one block: (B, K, S, E) each. Storage doubles, so that a
 * token costs one small copy.
 */
public final class KvCache implements AutoCloseable {
  private @Nullable Tensor keys;
  private @Nullable Tensor values;
  private @Nullable Tensor sourceKeys;
  private @Nullable Tensor sourceValues;
  private long length;

  /**
   * Appends and returns everything so far.
   *
   * @param k (B, K, T, E)
   * @param v (B, K, T, E)
   * @return keys and values (B, K, S, E); they belong to the current scope and share this cache's
   *     storage
   */
  public Tensor[] append(Tensor k, Tensor v) {
    long t = k.size(2);
    keys = grown(keys, k, length + t);
    values = grown(values, v, length + t);
    keys.narrow(2, length, t).copy_(k);
    values.narrow(2, length, t).copy_(v);
    length += t;
    return new Tensor[] {keys.narrow(2, 0, length), values.narrow(2, 0, length)};
  }

  private Tensor grown(@Nullable Tensor held, Tensor sample, long needed) {
    if (held != null && held.size(2) >= needed) {
      return held;
    }
    long capacity = Math.max(64, held == null ? needed : Math.max(needed, 2 * held.size(2)));
    Tensor larger =
        torch.empty(
            new long[] {sample.size(0), sample.size(1), capacity, sample.size(3)},
            sample.options(),
            null);
    Tensors.pin(larger);
    if (held != null) {
      larger.narrow(2, 0, length).copy_(held.narrow(2, 0, length));
      Tensors.release(held);
    }
    return larger;
  }

  /** Whether the keys and values of an encoder's tokens are held. */
  public boolean hasSource() {
    return sourceKeys != null;
  }

  /** Holds the keys and values of an encoder's tokens, (B, K, S, E) each. */
  public void source(Tensor k, Tensor v) {
    sourceKeys = Tensors.pin(k.clone());
    sourceValues = Tensors.pin(v.clone());
  }

  /** Those keys; there must be some. */
  public Tensor sourceKeys() {
    return Objects.requireNonNull(sourceKeys);
  }

  /** Those values; there must be some. */
  public Tensor sourceValues() {
    return Objects.requireNonNull(sourceValues);
  }

  /** Heads and widths; there must be some keys. */
  KvPages.Sizes sizes() {
    Tensor held = Objects.requireNonNull(keys);
    return new KvPages.Sizes(held.size(1), held.size(3));
  }

  /** Tokens held. */
  public long length() {
    return length;
  }

  /** Forgets all but the first tokens, at most as many as are held. */
  public void truncate(long to) {
    if (to > length) {
      throw new IllegalArgumentException("cannot keep " + to + " of " + length + " tokens");
    }
    length = to;
  }

  /** Keeps only these rows of the batch, in this order. */
  public void select(Tensor rows) {
    if (keys != null && values != null) {
      Tensor k = Tensors.pin(keys.index_select(0, rows));
      Tensor v = Tensors.pin(values.index_select(0, rows));
      Tensors.release(keys, values);
      keys = k;
      values = v;
    }
    if (sourceKeys != null && sourceValues != null) {
      Tensor k = Tensors.pin(sourceKeys.index_select(0, rows));
      Tensor v = Tensors.pin(sourceValues.index_select(0, rows));
      Tensors.release(sourceKeys, sourceValues);
      sourceKeys = k;
      sourceValues = v;
    }
  }

  @Override
  public void close() {
    if (keys != null && values != null) {
      Tensors.release(keys, values);
      keys = null;
      values = null;
      length = 0;
    }
    if (sourceKeys != null && sourceValues != null) {
      Tensors.release(sourceKeys, sourceValues);
      sourceKeys = null;
      sourceValues = null;
    }
  }
}
