package dev.luthier.recipe.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * A stream of random choices that is the same on every JVM and in every release.
 *
 * <p>SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
 * 2014). The JDK's own generators do not promise how a bounded number is made from the bits, so it
 * is written out here: the upper 32 bits times the bound, shifted down by 32.
 */
final class Draw {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  Draw(long seed) {
    state = seed;
  }

  /** The next 64 bits. */
  long next() {
    state += GOLDEN_GAMMA;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A number in [0, bound). */
  int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /** A number in [low, high], both included. */
  int between(int low, int high) {
    return low + below(high - low + 1);
  }

  /** True in {@code percent} of 100 cases. */
  boolean chance(int percent) {
    return below(100) < percent;
  }

  /** One element, all equally likely. */
  <T> T of(List<T> items) {
    return items.get(below(items.size()));
  }

  /** One element, all equally likely. */
  @SafeVarargs
  final <T> T of(T first, T... others) {
    int i = below(others.length + 1);
    return i == 0 ? first : others[i - 1];
  }

  /** {@code count} elements at different positions, in random order. */
  <T> List<T> sample(List<T> items, int count) {
    List<T> rest = new ArrayList<>(items);
    List<T> taken = new ArrayList<>(count);
    while (taken.size() < count) {
      taken.add(rest.remove(below(rest.size())));
    }
    return taken;
  }
}
