package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.format.HfFolder;

/** Engines for models. */
public final class Engines {
  private Engines() {}

  /**
   * Loads a model, and the adapters that are to be there from the start.
   *
   * @throws LuthierException if the folder or an adapter is not what it is said to be, or the model
   *     writes no text
   */
  public static Engine open(EngineSettings settings) {
    if (HfFolder.kind(settings.model()) == HfFolder.Kind.GGUF) {
      throw new LuthierException(settings.model() + " is a GGUF file; give a model's folder");
    }
    return TorchEngine.open(settings);
  }
}
