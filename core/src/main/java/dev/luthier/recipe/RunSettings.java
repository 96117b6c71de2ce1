package dev.luthier.recipe;

import dev.luthier.train.CheckpointSettings;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.MemorySettings;
import dev.luthier.train.TrainSettings;

/** What the settings of all recipes that train have in common. */
interface RunSettings {
  /** The loop. */
  TrainSettings train();

  /** Evaluation while training. */
  EvalSettings eval();

  /** When to save. */
  CheckpointSettings checkpoint();

  /** How much memory the run may take. */
  MemorySettings memory();

  /** The peak learning rate: the one given, or what suits the run. */
  double learningRate();
}
