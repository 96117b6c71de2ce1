package dev.luthier.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;

/**
 * Everything but tensors that a run needs to go on: all else follows from the settings, the data
 * and the step.
 *
 * @param step optimizer steps done
 * @param bestStep the step with the best evaluation; 0 if there was no evaluation
 * @param best its loss, or what {@code eval.metric} names; NaN if there was no evaluation
 * @param stale evaluations since then
 * @param tokens real tokens seen
 * @param seconds spent training
 */
public record RunState(
    long step, long bestStep, double best, int stale, long tokens, double seconds) {
  /** Before the first step. */
  public static RunState start() {
    return new RunState(0, 0, Double.NaN, 0, 0, 0);
  }

  /**
   * The same after an evaluation.
   *
   * @param isBest whether it is the best so far
   * @param value what it is told by
   */
  RunState evaluated(boolean isBest, double value) {
    return new RunState(
        step,
        isBest ? step : bestStep,
        isBest ? value : best,
        isBest ? 0 : stale + 1,
        tokens,
        seconds);
  }

  /** The same without a best evaluation: the next one is the best. */
  RunState withoutBest() {
    return new RunState(step, 0, Double.NaN, 0, tokens, seconds);
  }

  /** As {@code state.json} has it. */
  static RunState of(ObjectNode json) {
    return new RunState(
        json.path("step").asLong(),
        json.path("bestStep").asLong(),
        json.path("best").asDouble(Double.NaN),
        json.path("stale").asInt(),
        json.path("tokens").asLong(),
        json.path("seconds").asDouble());
  }

  /** For {@code state.json}; a loss that is not there yet is left out. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("step", step);
    json.put("bestStep", bestStep);
    if (Double.isFinite(best)) {
      json.put("best", best);
    }
    json.put("stale", stale);
    json.put("tokens", tokens);
    json.put("seconds", seconds);
    return json;
  }
}
