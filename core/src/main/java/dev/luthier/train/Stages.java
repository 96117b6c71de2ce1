package dev.luthier.train;

import dev.luthier.model.Transformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which trainable parameters each stage of a model has: the embedding, the blocks from 0, and the
 * head with the final norm. Gradients are complete from the last stage to the first; a tied head's
 * matrix is the embedding's.
 */
final class Stages {
  private final TreeMap<Integer, List<String>> names = new TreeMap<>();
  private final int head;

  private Stages(int head) {
    this.head = head;
  }

  static Stages of(Transformer model) {
    return of(model, Optional.empty());
  }

  /** The same with what is trained beside the head. */
  static Stages of(Transformer model, Optional<ValueHead> values) {
    Stages stages = new Stages(model.blocks().size());
    values.ifPresent(v -> stages.names.put(stages.head, new ArrayList<>(v.trainable().keySet())));
    for (String name : Trainables.of(model).keySet()) {
      stages.names.computeIfAbsent(model.stage(name), s -> new ArrayList<>()).add(name);
    }
    return stages;
  }

  /** The lowest stage with something to train; the head if there is nothing. */
  int lowest() {
    return names.isEmpty() ? head : names.firstKey();
  }

  /** Trainable parameters by stage. */
  Map<Integer, List<String>> names() {
    return names;
  }
}
