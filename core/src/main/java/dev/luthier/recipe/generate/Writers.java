package dev.luthier.recipe.generate;

import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.hub.ApiKey;
import dev.luthier.hub.EndpointWriter;
import dev.luthier.hub.ModelWriter;
import dev.luthier.hub.Retries;
import dev.luthier.hub.TextWriter;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes the writer that settings name. */
final class Writers {
  private Writers() {}

  /**
   * Opens an endpoint, or loads a model.
   *
   * @param key what the endpoint wants to see, unless the settings name a file that has it
   * @param localName what a local model is called in provenance
   * @param waiting hears why an endpoint is asked again; from several threads
   */
  static TextWriter open(
      WriterSettings settings, Optional<ApiKey> key, String localName, Consumer<String> waiting) {
    return settings.endpoint().isPresent()
        ? endpoint(settings, settings.apiKeyFile().map(ApiKey::read).or(() -> key), waiting)
        : local(settings, localName);
  }

  private static TextWriter endpoint(
      WriterSettings s, Optional<ApiKey> key, Consumer<String> waiting) {
    return new EndpointWriter(
        s.endpoint().orElseThrow(),
        s.modelName().orElseThrow(),
        key,
        new EndpointWriter.Options(
            Duration.ofSeconds(s.timeout()),
            Retries.of(s.retries()),
            s.parallel(),
            s.lengthField(),
            waiting));
  }

  private static TextWriter local(WriterSettings s, String name) {
    Path model = s.model().orElseThrow();
    Device device = new Device(s.device()).check();
    Native.threads(s.threads());
    ModelLanguage language = ModelLanguage.read(model, s.adapter(), false);
    ModelLoader stored = new ModelLoader(s.dtype(), device);
    ModelLoader loader = s.adapter().map(a -> stored.asTrained(model, a)).orElse(stored);
    Generator generator =
        new Generator(
            loader.load(model, s.adapter()).transformer(),
            language.tokenizer(),
            language.defaults().stopIds());
    return new ModelWriter(generator, language.chat(), name);
  }
}
