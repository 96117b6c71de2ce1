package dev.luthier.serve;

import dev.luthier.generate.GenerateDefaults;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tokenizer.TestTokenizers;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Engines over tiny models. */
final class ServedModels {
  /** No stop tokens. */
  static final ModelLanguage LANGUAGE =
      new ModelLanguage(
          TestTokenizers.chat(),
          Optional.empty(),
          new GenerateDefaults(Set.of(), SamplingSettings.greedy()));

  private ServedModels() {}

  static EngineSettings settings() {
    return EngineSettings.of(Path.of("none")).withDtype(ComputeDtype.FLOAT32);
  }

  static TorchEngine engine(Transformer model) {
    return engine(model, settings());
  }

  static TorchEngine engine(Transformer model, EngineSettings settings) {
    return TorchEngine.open(settings, TinyModels.LOADER, model, LANGUAGE);
  }
}
