package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.HfFolder;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.model.Transformer;

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
      return LlamaEngine.open(settings);
    }
    return TorchEngine.open(settings);
  }

  /**
   * An engine over a model in memory, which was loaded without an adapter; the settings' own model
   * is not looked at.
   *
   * @param loader what loaded it, which will load adapters
   */
  public static Engine over(
      Transformer model, ModelLoader loader, ModelLanguage language, EngineSettings settings) {
    return TorchEngine.open(settings, loader, model, language);
  }

  /** What loads a model as these settings want it. */
  public static ModelLoader loader(EngineSettings settings) {
    return TorchEngine.loader(settings);
  }
}
