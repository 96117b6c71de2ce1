package dev.luthier.generate.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.generate.TokenConstraint;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Tokens chosen by chance among those that are allowed. */
public final class Walks {
  private static final int EXTRA_ROWS = 5;
  private static final int WANDERING = 40;

  /** What ends something, first what ends a string. */
  private static final List<String> ENDS = List.of("\"", "}", "]");

  private Walks() {}

  static int[] allowed(TokenConstraint constraint, int size) {
    float[] scores = new float[size];
    constraint.restrict(scores);
    return IntStream.range(0, size).filter(id -> scores[id] == 0).toArray();
  }

  static int[] ids(TokenConstraint constraint, Tokenizer tokenizer, int stop, Random random) {
    return ids(constraint, tokenizer, stop, random, WANDERING);
  }

  /**
   * Walks at random, and after so many tokens straight to an end.
   *
   * @return without the one that ends
   */
  public static int[] ids(
      TokenConstraint constraint, Tokenizer tokenizer, int stop, Random random, int wandering) {
    List<Integer> ids = new ArrayList<>();
    while (ids.size() < 6_000) {
      int[] allowed = allowed(constraint, tokenizer.vocabSize() + EXTRA_ROWS);
      assertThat(allowed).as("after %s", ids).isNotEmpty();
      int id = allowed[random.nextInt(allowed.length)];
      if (ids.size() > wandering) {
        id = homeward(allowed, tokenizer, stop, id);
      }
      constraint.accept(id);
      if (id == stop) {
        assertThat(allowed(constraint, tokenizer.vocabSize())).containsExactly(stop);
        return ids.stream().mapToInt(i -> i).toArray();
      }
      ids.add(id);
    }
    throw new AssertionError("no end of " + ids);
  }

  private static int homeward(int[] allowed, Tokenizer tokenizer, int stop, int otherwise) {
    if (Arrays.binarySearch(allowed, stop) >= 0) {
      return stop;
    }
    for (String end : ENDS) {
      int id = tokenizer.idOf(end).orElse(-1);
      if (Arrays.binarySearch(allowed, id) >= 0) {
        return id;
      }
    }
    return otherwise;
  }
}
