package dev.luthier.recipe;

import dev.luthier.train.TrainListener;
import java.nio.file.Path;

/** Two listeners as one. */
record Listeners(TrainListener first, TrainListener second) implements TrainListener {
  @Override
  public void started(long step, long steps) {
    first.started(step, steps);
    second.started(step, steps);
  }

  @Override
  public void step(StepMetrics metrics) {
    first.step(metrics);
    second.step(metrics);
  }

  @Override
  public void evaluated(EvalMetrics metrics) {
    first.evaluated(metrics);
    second.evaluated(metrics);
  }

  @Override
  public void saved(Path checkpoint) {
    first.saved(checkpoint);
    second.saved(checkpoint);
  }

  @Override
  public void message(String text) {
    first.message(text);
    second.message(text);
  }
}
