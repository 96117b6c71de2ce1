package dev.luthier.serve;

import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What the model itself thinks of a token, and of others in its place. */
final class LogProbabilities {
  private LogProbabilities() {}

  /**
   * A token's, under the softmax of the scores.
   *
   * @param scores (V); null for none, which gives 0
   * @param count of alternatives
   */
  static ScoredToken of(int id, float @Nullable [] scores, int count) {
    if (scores == null) {
      return new ScoredToken(id, 0, List.of());
    }
    double max = Double.NEGATIVE_INFINITY;
    for (float score : scores) {
      max = Math.max(max, score);
    }
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score - max);
    }
    double logSum = max + Math.log(sum);
    List<ScoredToken> alternatives = new ArrayList<>();
    for (int best : best(scores, count)) {
      alternatives.add(new ScoredToken(best, (float) (scores[best] - logSum), List.of()));
    }
    return new ScoredToken(id, (float) (scores[id] - logSum), alternatives);
  }

  /** The indices of the largest, best first; of equals the first. */
  private static List<Integer> best(float[] scores, int count) {
    Comparator<Integer> better =
        Comparator.<Integer>comparingDouble(i -> -scores[i]).thenComparing(i -> i);
    PriorityQueue<Integer> best = new PriorityQueue<>(better.reversed());
    for (int i = 0; i < scores.length && count > 0; i++) {
      if (best.size() < count) {
        best.add(i);
      } else if (scores[i] > scores[best.element()]) {
        best.remove();
        best.add(i);
      }
    }
    return best.stream().sorted(better).toList();
  }
}
