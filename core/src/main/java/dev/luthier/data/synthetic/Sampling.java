package dev.luthier.data.synthetic;

import dev.luthier.generate.SplitMix64;
import dev.luthier.tensor.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Draws that are functions of a seed and a request's number. */
final class Sampling {
  private final SplitMix64 random;

  Sampling(long seed, int request) {
    this.random = new SplitMix64(Seeds.mix(seed, request));
  }

  /** So many different items in random order, or all there are. */
  <T> List<T> some(List<T> from, int count) {
    Set<Integer> chosen = new LinkedHashSet<>();
    while (chosen.size() < Math.min(count, from.size())) {
      chosen.add(below(from.size()));
    }
    List<T> items = new ArrayList<>();
    chosen.forEach(i -> items.add(from.get(i)));
    return items;
  }

  /** Puts items in random order. */
  void shuffle(List<?> items) {
    for (int i = items.size() - 1; i > 0; i--) {
      Collections.swap(items, i, below(i + 1));
    }
  }

  private int below(int bound) {
    return (int) (random.nextDouble() * bound);
  }
}
