package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Keys and values of many texts, of all blocks, in pages of {@link #TOKENS} tokens. A text's tokens
 * lie in any pages, so that its end needs no room in advance, and texts that begin alike share
 * pages. Kwon et al., "Efficient Memory Management for Large Language Model Serving with
 * PagedAttention", arXiv 2309.06180.
 */
public final class KvPages implements AutoCloseable {
  /** Tokens of a page. */
  public static final int TOKENS = 16;

  private final List<Tensor> keys = new ArrayList<>(); // of each block (pages * TOKENS, K, E)
  private final List<Tensor> values = new ArrayList<>();

  /**
   * Keys and values of one block.
   *
   * @param heads K
   * @param width E
   */
  public record Sizes(long heads, long width) {
    /** Those of a cache that holds some. */
    public static Sizes of(KvCache cache) {
      return cache.sizes();
    }
  }

  /**
   * Memory is taken from the system as pages are first written.
   *
   * @param blocks each block's sizes
   */
  public KvPages(List<Sizes> blocks, int pages, ScalarType dtype, Device device) {
    try (PointerScope scope = new PointerScope()) {
      for (Sizes s : blocks) {
        long[] shape = {(long) pages * TOKENS, s.heads, s.width};
        keys.add(Tensors.pin(torch.empty(shape, Tensors.options(dtype, device), null)));
        values.add(Tensors.pin(torch.empty(shape, Tensors.options(dtype, device), null)));
      }
    }
  }

  /** Bytes of a page over all blocks. */
  public static long bytes(List<Sizes> blocks, ScalarType dtype) {
    long elements = blocks.stream().mapToLong(s -> 2 * TOKENS * s.heads * s.width).sum();
    return elements * (dtype == ScalarType.Float ? 4 : 2);
  }

  Tensor keys(int block) {
    return keys.get(block);
  }

  Tensor values(int block) {
    return values.get(block);
  }

  @Override
  public void close() {
    keys.forEach(Tensors::release);
    values.forEach(Tensors::release);
    keys.clear();
    values.clear();
  }
}
