package dev.luthier.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The processors that {@link SamplingSettings} names. Each gives what Hugging Face's of the same
 * name gives; ties at top-p's border fall to the smaller id.
 */
public final class LogitsProcessors {
  private static final float EXCLUDED = Float.NEGATIVE_INFINITY;

  private LogitsProcessors() {}

  /**
   * Those that the settings ask for, in Hugging Face's order.
   *
   * @param stopIds ids that end a text
   */
  public static List<LogitsProcessor> of(SamplingSettings s, Collection<Integer> stopIds) {
    List<LogitsProcessor> out = new ArrayList<>();
    add(out, s.repetitionPenalty() != 1, repetitionPenalty(s.repetitionPenalty()));
    add(out, !s.logitBias().isEmpty(), bias(s.logitBias()));
    add(
        out,
        s.frequencyPenalty() != 0 || s.presencePenalty() != 0,
        generatedPenalty(s.frequencyPenalty(), s.presencePenalty()));
    add(out, s.noRepeatNgramSize() > 0, noRepeatNgram(s.noRepeatNgramSize()));
    add(out, !s.badWords().isEmpty(), badWords(s.badWords(), stopIds));
    add(out, s.minNewTokens() > 0, minNewTokens(s.minNewTokens(), stopIds));
    add(out, !s.suppressTokens().isEmpty(), suppress(s.suppressTokens()));
    if (!s.isGreedy()) {
      add(out, s.temperature() != 1, temperature(s.temperature()));
      add(out, s.topK() > 0, topK(s.topK()));
      add(out, s.topP() < 1, topP(s.topP(), 1));
      add(out, s.minP() > 0, minP(s.minP()));
    }
    return out;
  }

  private static void add(List<LogitsProcessor> to, boolean wanted, LogitsProcessor processor) {
    if (wanted) {
      to.add(processor);
    }
  }

  /** Scores divided by the temperature. */
  static LogitsProcessor temperature(double temperature) {
    float t = (float) temperature;
    return (scores, history) -> {
      for (int i = 0; i < scores.length; i++) {
        scores[i] /= t;
      }
    };
  }

  /** Keeps the k best, and what ties with the last of them. */
  static LogitsProcessor topK(int k) {
    return (scores, history) -> {
      if (k >= scores.length) {
        return;
      }
      PriorityQueue<Float> best = new PriorityQueue<>(k + 1);
      float worst = EXCLUDED;
      for (float score : scores) {
        if (best.size() < k) {
          best.add(score);
          worst = best.element();
        } else if (score > worst) {
          best.remove();
          best.add(score);
          worst = best.element();
        }
      }
      excludeBelow(scores, worst);
    };
  }

  /** Keeps the fewest best tokens whose probabilities reach p, and at least {@code keep}. */
  static LogitsProcessor topP(double p, int keep) {
    return (scores, history) -> {
      int[] order = ascending(scores);
      double[] probabilities = Softmax.of(scores);
      double below = 0;
      for (int i = 0; i < order.length - keep; i++) {
        below += probabilities[order[i]];
        if (below > 1 - p) {
          return;
        }
        scores[order[i]] = EXCLUDED;
      }
    };
  }

  /** Keeps tokens with at least this share of the best one's probability. */
  static LogitsProcessor minP(double share) {
    double distance = Math.log(share);
    return (scores, history) -> excludeBelow(scores, (float) (Softmax.max(scores) + distance));
  }

  /** Makes tokens that already stand in the text less likely. */
  static LogitsProcessor repetitionPenalty(double penalty) {
    float factor = (float) penalty;
    return (scores, history) -> {
      BitSet seen = new BitSet(scores.length);
      for (int i = 0; i < history.length(); i++) {
        seen.set(history.get(i));
      }
      for (int id = seen.nextSetBit(0); id >= 0; id = seen.nextSetBit(id + 1)) {
        scores[id] = scores[id] < 0 ? scores[id] * factor : scores[id] / factor;
      }
    };
  }

  /** Adds to the scores of these ids. */
  static LogitsProcessor bias(Map<Integer, Double> biases) {
    return (scores, history) ->
        biases.forEach(
            (id, bias) -> {
              if (id < scores.length) {
                scores[id] += bias.floatValue();
              }
            });
  }

  /** Takes from the scores of tokens that were generated: each time so much, and once so much. */
  static LogitsProcessor generatedPenalty(double frequency, double presence) {
    return (scores, history) -> {
      BitSet seen = new BitSet(scores.length);
      for (int i = history.length() - history.generated(); i < history.length(); i++) {
        int id = history.get(i);
        scores[id] -= (float) (seen.get(id) ? frequency : frequency + presence);
        seen.set(id);
      }
    };
  }

  /** Excludes what would complete a run of n tokens that already stands in the text. */
  static LogitsProcessor noRepeatNgram(int n) {
    return (scores, history) -> {
      int last = history.length() - n;
      for (int start = 0; start <= last; start++) {
        boolean same = true;
        for (int i = 0; same && i < n - 1; i++) {
          same = history.get(start + i) == history.get(last + 1 + i);
        }
        if (same) {
          scores[history.get(start + n - 1)] = EXCLUDED;
        }
      }
    };
  }

  /** Excludes the last token of each of these sequences where the text ends with the rest of it. */
  static LogitsProcessor badWords(
      Collection<? extends List<Integer>> words, Collection<Integer> stopIds) {
    List<int[]> sequences =
        words.stream()
            .filter(word -> word.size() > 1 || !stopIds.contains(word.get(0)))
            .map(word -> word.stream().mapToInt(i -> i).toArray())
            .toList();
    return (scores, history) -> {
      for (int[] word : sequences) {
        if ((word.length == 1 || word.length <= history.length())
            && history.endsWith(word, word.length - 1)) {
          scores[word[word.length - 1]] = EXCLUDED;
        }
      }
    };
  }

  /** Excludes the stop ids until so many tokens were generated. */
  static LogitsProcessor minNewTokens(int count, Collection<Integer> stopIds) {
    LogitsProcessor none = suppress(stopIds);
    return (scores, history) -> {
      if (history.generated() < count) {
        none.apply(scores, history);
      }
    };
  }

  /** Excludes these ids. */
  static LogitsProcessor suppress(Collection<Integer> ids) {
    int[] all = ids.stream().mapToInt(i -> i).toArray();
    return (scores, history) -> {
      for (int id : all) {
        if (id < scores.length) {
          scores[id] = EXCLUDED;
        }
      }
    };
  }

  private static void excludeBelow(float[] scores, float least) {
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] < least) {
        scores[i] = EXCLUDED;
      }
    }
  }

  /** Indices by score, worst first; among equals the larger index first. */
  private static int[] ascending(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits(scores[i] + 0f); // -0 becomes 0
      int ordered = bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
      keys[i] = ((long) ordered << 32) | (scores.length - 1 - i);
    }
    Arrays.sort(keys);
    int[] order = new int[keys.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = scores.length - 1 - (int) keys[i];
    }
    return order;
  }
}
