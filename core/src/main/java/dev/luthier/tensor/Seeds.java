package dev.luthier.tensor;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.global.torch;

/**
 * Random generators without running state: each is seeded from the names of the thing it draws for
 * (run seed, step, micro-batch, block), so that a recomputed block and a resumed run draw the same
 * numbers.
 */
public final class Seeds {
  private Seeds() {}

  /** One 64-bit seed of several parts, by SplitMix64's finalizer over their running sum. */
  public static long mix(long... parts) {
    long h = 0x9E3779B97F4A7C15L;
    for (long part : parts) {
      h += part + 0x9E3779B97F4A7C15L;
      h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
      h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
      h ^= h >>> 31;
    }
    return h;
  }

  /**
   * A fresh CPU generator (MT19937) for {@link #mix} of the parts; it belongs to the innermost
   * scope.
   */
  public static Generator generator(long... parts) {
    Native.load();
    return torch.createCPUGenerator(mix(parts));
  }
}
