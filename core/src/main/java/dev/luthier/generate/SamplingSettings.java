package dev.luthier.generate;

import dev.luthier.Complaints;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the next token is chosen from the model's scores.
 *
 * <p>The order is Hugging Face's: repetition penalty, repeated n-grams, bad words, least number of
 * new tokens, suppressed tokens; then, when sampling, temperature, top-k, top-p, min-p. What
 * OpenAI's protocol adds, bias and the two penalties of what was generated, stands after the
 * repetition penalty.
 *
 * @param temperature scores are divided by it; 0 takes the best token (greedy) and ignores topK,
 *     topP and minP
 * @param topK only the k best tokens; 0 keeps all
 * @param topP only the best tokens that together have this probability (Holtzman et al., arXiv
 *     1904.09751); 1 keeps all
 * @param minP only tokens with at least this share of the best one's probability (Nguyen et al.,
 *     arXiv 2407.01082); 0 keeps all
 * @param repetitionPenalty positive scores of tokens that are in the prompt or in the answer are
 *     divided by it, negative ones multiplied (Keskar et al., arXiv 1909.05858, section 4.1); 1 for
 *     none
 * @param noRepeatNgramSize no run of so many tokens comes twice, the prompt's included; 0 for no
 *     such rule
 * @param minNewTokens stop tokens are excluded before so many tokens
 * @param suppressTokens ids never generated
 * @param badWords sequences of ids never generated
 * @param frequencyPenalty what a token's score loses for each time that it was generated, -2 to 2
 * @param presencePenalty what it loses once it was generated at all, -2 to 2
 * @param logitBias what is added to the scores of these ids, -100 to 100
 */
public record SamplingSettings(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    int noRepeatNgramSize,
    int minNewTokens,
    List<Integer> suppressTokens,
    List<List<Integer>> badWords,
    double frequencyPenalty,
    double presencePenalty,
    Map<Integer, Double> logitBias) {

  /** Checks everything at once. */
  public SamplingSettings {
    suppressTokens = List.copyOf(suppressTokens);
    badWords = badWords.stream().map(List::copyOf).toList();
    logitBias = Collections.unmodifiableMap(new TreeMap<>(logitBias));
    Complaints all = new Complaints();
    need(
        all,
        Double.isFinite(temperature) && temperature >= 0,
        "--temperature is " + temperature + "; use 0 (greedy) or more");
    need(all, topK >= 0, "--top-k is " + topK + "; use 0 (all tokens) or more");
    need(all, topP > 0 && topP <= 1, "--top-p is " + topP + "; use a number above 0, at most 1");
    need(all, minP >= 0 && minP <= 1, "--min-p is " + minP + "; use a number from 0 to 1");
    need(
        all,
        Double.isFinite(repetitionPenalty) && repetitionPenalty > 0,
        "--repetition-penalty is " + repetitionPenalty + "; use a number above 0 (1 for none)");
    need(
        all,
        noRepeatNgramSize >= 0,
        "--no-repeat-ngram is " + noRepeatNgramSize + "; use 0 (off) or more");
    need(all, minNewTokens >= 0, "--min-new-tokens is " + minNewTokens + "; use 0 or more");
    need(
        all,
        badWords.stream().noneMatch(List::isEmpty),
        "a bad word has no tokens; give each at least one");
    need(
        all,
        Math.abs(frequencyPenalty) <= 2,
        "frequency_penalty is " + frequencyPenalty + "; use a number from -2 to 2");
    need(
        all,
        Math.abs(presencePenalty) <= 2,
        "presence_penalty is " + presencePenalty + "; use a number from -2 to 2");
    logitBias.forEach(
        (id, bias) ->
            need(
                all,
                id >= 0 && Math.abs(bias) <= 100,
                "logit_bias of token " + id + " is " + bias + "; use -100 to 100, for ids from 0"));
    all.throwIfAny();
  }

  /** Whether the best token is taken; a temperature below 1e-5 draws nothing else either. */
  public boolean isGreedy() {
    return temperature < 1e-5;
  }

  private static void need(Complaints all, boolean acceptable, String complaint) {
    if (!acceptable) {
      all.add(complaint);
    }
  }

  /** The best token each time, nothing excluded. */
  public static SamplingSettings greedy() {
    return new SamplingSettings(0, 0, 1, 0, 1, 0, 0, List.of(), List.of(), 0, 0, Map.of());
  }

  /** Draws from the model's own distribution at this temperature; 0 is greedy. */
  public static SamplingSettings sampling(double temperature) {
    return greedy().withTemperature(temperature);
  }

  /** The same with another temperature. */
  public SamplingSettings withTemperature(double to) {
    return new SamplingSettings(
        to,
        topK,
        topP,
        minP,
        repetitionPenalty,
        noRepeatNgramSize,
        minNewTokens,
        suppressTokens,
        badWords,
        frequencyPenalty,
        presencePenalty,
        logitBias);
  }

  /** The same with other limits on which tokens may be drawn. */
  public SamplingSettings withLimits(int k, double p, double min) {
    return new SamplingSettings(
        temperature,
        k,
        p,
        min,
        repetitionPenalty,
        noRepeatNgramSize,
        minNewTokens,
        suppressTokens,
        badWords,
        frequencyPenalty,
        presencePenalty,
        logitBias);
  }

  /** The same with another repetition penalty and n-gram rule. */
  public SamplingSettings withRepetition(double penalty, int ngramSize) {
    return new SamplingSettings(
        temperature,
        topK,
        topP,
        minP,
        penalty,
        ngramSize,
        minNewTokens,
        suppressTokens,
        badWords,
        frequencyPenalty,
        presencePenalty,
        logitBias);
  }

  /** The same with other excluded tokens. */
  public SamplingSettings withExcluded(
      int minNew, List<Integer> suppress, List<List<Integer>> words) {
    return new SamplingSettings(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        noRepeatNgramSize,
        minNew,
        suppress,
        words,
        frequencyPenalty,
        presencePenalty,
        logitBias);
  }

  /** The same with OpenAI's other penalties and bias. */
  public SamplingSettings withBias(double frequency, double presence, Map<Integer, Double> bias) {
    return new SamplingSettings(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        noRepeatNgramSize,
        minNewTokens,
        suppressTokens,
        badWords,
        frequency,
        presence,
        bias);
  }
}
