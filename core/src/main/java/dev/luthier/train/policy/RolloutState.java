package dev.luthier.train.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run is with its answers.
 *
 * @param iteration counted from 0; -1 before the first
 * @param began the step that was its first
 * @param over whether its answers are left before all passes
 * @param kl the weight of the divergence
 * @param rollouts its answers
 * @param figures what was measured of them
 */
record RolloutState(
    long iteration,
    long began,
    boolean over,
    double kl,
    List<Rollout> rollouts,
    Map<String, Double> figures) {
  static final RolloutState START = new RolloutState(-1, 0, true, 0, List.of(), Map.of());

  /** Its file in a checkpoint. */
  private static final String FILE = "rollouts.json";

  /** The same, its answers done with. */
  RolloutState end() {
    return new RolloutState(iteration, began, true, kl, rollouts, figures);
  }

  void write(Path folder) {
    ObjectNode json = Json.object();
    json.put("iteration", iteration).put("began", began).put("over", over).put("kl", kl);
    ArrayNode all = json.putArray("rollouts");
    rollouts.forEach(r -> all.add(r.toJson()));
    ObjectNode measured = json.putObject("figures");
    figures.forEach(measured::put);
    Json.write(folder.resolve(FILE), json);
  }

  /** What {@link #write} wrote; the start where there is none. */
  static RolloutState read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return START;
    }
    ObjectNode json = Json.read(file);
    List<Rollout> rollouts = new ArrayList<>();
    for (JsonNode one : json.path("rollouts")) {
      rollouts.add(Rollout.of(one));
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    json.path("figures")
        .fields()
        .forEachRemaining(e -> figures.put(e.getKey(), e.getValue().asDouble()));
    return new RolloutState(
        json.path("iteration").asLong(),
        json.path("began").asLong(),
        json.path("over").asBoolean(),
        json.path("kl").asDouble(),
        rollouts,
        figures);
  }
}
