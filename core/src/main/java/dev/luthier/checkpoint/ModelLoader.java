package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.HfFolder;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.model.Decoder;
import dev.luthier.model.Llama;
import dev.luthier.model.LlamaConfig;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.TensorSource;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Hugging Face folders to models. Weights are mapped and converted to the compute dtype one at a
 * time.
 *
 * @param dtype what the model computes in
 * @param device where it lives
 */
public record ModelLoader(ComputeDtype dtype, Device device) {
  /** For use: nothing is trained. */
  public LoadedModel load(Path folder) {
    return load(folder, Optional.empty());
  }

  /** For use, with a PEFT adapter if one is given. */
  public LoadedModel load(Path folder, Optional<Path> adapter) {
    if (adapter.isEmpty()) {
      return build(folder, Optional.empty(), Optional.empty(), name -> false, false);
    }
    LoraSettings lora = AdapterConfig.read(adapter.get()).lora();
    FileSource source = Adapters.source(adapter.get());
    return build(folder, Optional.of(lora), Optional.of(source), name -> false, false);
  }

  /** For training all weights. */
  public LoadedModel full(Path folder) {
    return build(folder, Optional.empty(), Optional.empty(), name -> true, true);
  }

  /** For training a fresh adapter, whose A is drawn from the seed and whose B is zero. */
  public LoadedModel lora(Path folder, LoraSettings lora, long seed) {
    return build(
        folder,
        Optional.of(lora),
        Optional.of(new RandomSource(seed, 0)),
        name -> LoraLayers.trainsBase(lora, name),
        true);
  }

  /** For training an adapter further. */
  public LoadedModel lora(Path folder, Path adapter) {
    LoraSettings lora = AdapterConfig.read(adapter).lora();
    return build(
        folder,
        Optional.of(lora),
        Optional.of(Adapters.source(adapter)),
        name -> LoraLayers.trainsBase(lora, name),
        true);
  }

  /** A model from nothing, all weights trained. */
  public LoadedModel fresh(ObjectNode config, long seed) {
    try (PointerScope scope = new PointerScope()) {
      double range = config.path("initializer_range").asDouble(0.02);
      Parameters base = parameters(new RandomSource(seed, range), name -> true);
      Decoder decoder = decoder(config, "the new model's configuration", base, Optional.empty());
      base.finish();
      return new LoadedModel(decoder, config, Optional.empty(), Optional.empty());
    }
  }

  private LoadedModel build(
      Path folder,
      Optional<LoraSettings> lora,
      Optional<TensorSource> adapter,
      Predicate<String> trainsBase,
      boolean trainsAdapter) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      ObjectNode config = HfFolder.config(folder);
      FileSource files = new FileSource(folder.toString(), weights(folder), n -> n);
      tie(config, files);
      TensorSource source = files;
      if (adapter.isPresent() && adapter.get() instanceof FileSource a) {
        source = new Layered(a, files);
      }
      Parameters base = parameters(source, trainsBase);
      Optional<LoraLayers> layers =
          lora.map(
              s -> new LoraLayers(s, parameters(adapter.orElseThrow(), name -> trainsAdapter)));
      Decoder decoder = decoder(config, folder.resolve(HfFolder.CONFIG).toString(), base, layers);
      base.finish();
      layers.ifPresent(l -> l.parameters().finish());
      return new LoadedModel(decoder, config, Optional.of(folder), lora);
    }
  }

  private Parameters parameters(TensorSource source, Predicate<String> trainable) {
    ScalarType type = dtype == ComputeDtype.BFLOAT16 ? ScalarType.BFloat16 : ScalarType.Float;
    return new Parameters(source, type, device, trainable);
  }

  private static Decoder decoder(
      ObjectNode config, String where, Parameters base, Optional<LoraLayers> lora) {
    String type = config.path("model_type").asText("");
    if (!type.equals("llama")) {
      throw new LuthierException(
          where
              + ": model_type is '"
              + type
              + "'; supported is llama (Llama 1 to 3.x, TinyLlama, SmolLM)");
    }
    return new Llama(LlamaConfig.of(config, where), new Linears(base, lora));
  }

  /** Embedding and head may be stored once, under either name. */
  private static void tie(ObjectNode config, FileSource files) {
    boolean head = files.has("lm_head.weight");
    if (!head && !config.has("tie_word_embeddings")) {
      config.put("tie_word_embeddings", true);
    }
    if (config.path("tie_word_embeddings").asBoolean()) {
      files.alias("lm_head.weight", "model.embed_tokens.weight");
      files.alias("model.embed_tokens.weight", "lm_head.weight");
    }
  }

  private static List<SafetensorsFile> weights(Path folder) {
    return SafetensorsIndex.open(folder);
  }

  /** The adapter's full tensors (modules_to_save, biases) before the model's own. */
  private record Layered(FileSource adapter, FileSource base) implements TensorSource {
    @Override
    public Optional<Tensor> read(String name, Init init, long... shape) {
      if (adapter.has(name)) {
        base.read(name, init, shape);
        return adapter.read(name, init, shape);
      }
      return base.read(name, init, shape);
    }

    @Override
    public Set<String> unused() {
      return new TreeSet<>(base.unused());
    }

    @Override
    public String where() {
      return base.where();
    }
  }
}
