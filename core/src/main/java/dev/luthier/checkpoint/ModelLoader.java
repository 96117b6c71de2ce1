package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Gguf;
import dev.luthier.format.HfFolder;
import dev.luthier.format.ModelWeights;
import dev.luthier.model.Families;
import dev.luthier.model.Family;
import dev.luthier.model.Outline;
import dev.luthier.model.Task;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Packing;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.PatternSource;
import dev.luthier.nn.QuantizingSource;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.ServedAdapter;
import dev.luthier.nn.SourceOver;
import dev.luthier.nn.TensorSource;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Hugging Face folders to models. Weights are read and converted to the compute dtype a piece at a
 * time.
 *
 * @param dtype what the model computes in
 * @param device where it lives
 * @param quant how the frozen matrices of linear layers are held; empty for the compute dtype
 * @param stream whether those matrices stay on the disk and are read whenever their block runs
 * @param newTokens ids whose rows of embedding and head begin as the mean of those that are there
 * @param packing what matrices that are not quantized are rounded to, for decoding
 */
public record ModelLoader(
    ComputeDtype dtype,
    Device device,
    Optional<QuantSettings> quant,
    boolean stream,
    List<Integer> newTokens,
    Optional<Packing> packing) {
  private static final String NEW = "the new model's configuration";

  /** Keeps the ids. */
  public ModelLoader {
    newTokens = List.copyOf(newTokens);
  }

  /** There are no new tokens. */
  public ModelLoader(
      ComputeDtype dtype, Device device, Optional<QuantSettings> quant, boolean stream) {
    this(dtype, device, quant, stream, List.of(), Optional.empty());
  }

  /** Matrices are held in the compute dtype. */
  public ModelLoader(ComputeDtype dtype, Device device) {
    this(dtype, device, Optional.empty(), false);
  }

  /** Matrices are held quantized, or in the compute dtype. */
  public ModelLoader(ComputeDtype dtype, Device device, Optional<QuantSettings> quant) {
    this(dtype, device, quant, false);
  }

  /** This loader, for models that these tokens are new to. */
  public ModelLoader withNew(List<Integer> tokens) {
    return new ModelLoader(dtype, device, quant, stream, tokens, packing);
  }

  /** This loader, whose matrices are rounded to few bits. */
  public ModelLoader packed(Optional<Packing> to) {
    return new ModelLoader(dtype, device, quant, stream, newTokens, to);
  }

  /**
   * This loader, quantizing the base as it was when the adapter was trained; as it is where nothing
   * says so, or the folder is quantized already.
   */
  public ModelLoader asTrained(Path folder, Path adapter) {
    Optional<QuantSettings> trained =
        TrainingBase.read(HfFolder.adapter(adapter)).flatMap(TrainingBase::quant);
    return trained.isEmpty() || quantization(HfFolder.model(folder)).isPresent()
        ? this
        : new ModelLoader(dtype, device, trained, stream, newTokens, packing);
  }

  /** For use: nothing is trained. */
  public LoadedModel load(Path folder) {
    return load(folder, Optional.empty());
  }

  /** For use, with a PEFT adapter if one is given. */
  public LoadedModel load(Path folder, Optional<Path> adapter) {
    Optional<AskedHead> head =
        adapter
            .flatMap(a -> HeadConfig.read(a, config(folder)))
            .map(h -> new AskedHead(h, OptionalLong.empty()));
    return load(folder, adapter, head);
  }

  /** An encoder for its hidden states; its head, which the files need not have, means nothing. */
  public LoadedModel body(Path folder, Optional<Path> adapter) {
    return load(folder, adapter, Optional.of(new AskedHead(HeadConfig.ANY, OptionalLong.of(0))));
  }

  private LoadedModel load(Path folder, Optional<Path> adapter, Optional<AskedHead> head) {
    Optional<LoraSettings> lora = adapter.map(a -> AdapterConfig.read(a).lora());
    Optional<TensorSource> source = adapter.map(Adapters::source);
    return build(folder, head, lora, source, name -> false, false);
  }

  /**
   * An adapter for a model that this loader loaded without one.
   *
   * @throws LuthierException if it does not fit, or does more than add to linear layers
   */
  public ServedAdapter adapter(Transformer model, Path folder) {
    LoraSettings lora = AdapterConfig.read(HfFolder.adapter(folder)).lora();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Parameters own = parameters(Adapters.source(folder), name -> false);
      return ServedAdapter.of(new LoraLayers(lora, own), model.linears(), model.head());
    }
  }

  /**
   * For training all weights.
   *
   * @throws LuthierException if the folder holds them in few bits, which gradients cannot move
   */
  public LoadedModel full(Path folder) {
    return full(folder, Optional.empty());
  }

  /**
   * For training all weights with a head that the files need not have; what they lack of it is
   * drawn from the seed.
   */
  public LoadedModel full(Path folder, HeadConfig head, long seed) {
    return full(folder, Optional.of(new AskedHead(head, OptionalLong.of(seed))));
  }

  private LoadedModel full(Path folder, Optional<AskedHead> head) {
    if (quantization(folder).isPresent()) {
      throw new LuthierException(
          folder
              + " is quantized; only an adapter can be trained over it: use --method qlora, or the"
              + " model that it was quantized from");
    }
    return build(folder, head, Optional.empty(), Optional.empty(), name -> true, true);
  }

  /** For training a fresh adapter, whose A is drawn from the seed and whose B is zero. */
  public LoadedModel lora(Path folder, LoraSettings lora, long seed) {
    return lora(folder, Optional.empty(), lora, seed);
  }

  /**
   * The same with a head that the files need not have; {@code modulesToSave} should name its
   * layers, see {@link #headModules}.
   */
  public LoadedModel lora(Path folder, HeadConfig head, LoraSettings lora, long seed) {
    return lora(folder, Optional.of(new AskedHead(head, OptionalLong.of(seed))), lora, seed);
  }

  private LoadedModel lora(Path folder, Optional<AskedHead> head, LoraSettings lora, long seed) {
    return build(
        folder,
        head,
        Optional.of(lora),
        Optional.of(new RandomSource(seed, 0)),
        name -> LoraLayers.trainsBase(lora, name),
        true);
  }

  /** For training an adapter further. */
  public LoadedModel lora(Path folder, Path adapter) {
    return lora(folder, adapter, AdapterConfig.read(adapter).lora());
  }

  /**
   * The same under settings that differ from the adapter's in nothing that its tensors show, such
   * as dropout.
   */
  public LoadedModel lora(Path folder, Path adapter, LoraSettings lora) {
    return build(
        folder,
        HeadConfig.read(adapter, config(folder)).map(h -> new AskedHead(h, OptionalLong.empty())),
        Optional.of(lora),
        Optional.of(Adapters.source(adapter)),
        name -> LoraLayers.trainsBase(lora, name),
        true);
  }

  /** A model from nothing, all weights trained. */
  public LoadedModel fresh(ObjectNode config, long seed) {
    return made(config, random(config, NEW, seed), Optional.empty(), seed);
  }

  /**
   * A model to measure with: all weights trained, or frozen below a fresh adapter. Its weights
   * repeat a short random pattern, so that billions of them take seconds.
   */
  public LoadedModel patterned(ObjectNode config, Optional<LoraSettings> lora, long seed) {
    // Trained weights are held in float32 whatever the model computes in.
    ComputeDtype drawn = lora.isPresent() ? dtype : ComputeDtype.FLOAT32;
    double range = config.path("initializer_range").asDouble(0.02);
    try (PatternSource source = new PatternSource(seed, range, drawn.scalarType())) {
      return made(config, source, lora, seed);
    }
  }

  /** The same of frozen weights without an adapter, held as this loader holds them. */
  public LoadedModel patterned(ObjectNode config, long seed) {
    double range = config.path("initializer_range").asDouble(0.02);
    try (PatternSource source = new PatternSource(seed, range, dtype.scalarType());
        PointerScope scope = new PointerScope()) {
      Parameters base = parameters(source, name -> false);
      Transformer transformer = Families.build(config, NEW, new Linears(base, Optional.empty()));
      base.finish();
      return new LoadedModel(transformer, config, Optional.empty(), Optional.empty());
    }
  }

  /** How a model's matrices are quantized; empty if none is, or if they become floats again. */
  public static Optional<QuantSettings> quantization(Path folder) {
    return files(folder).quantization();
  }

  private static RandomSource random(ObjectNode config, String where, long seed) {
    Family family = Families.of(config, where);
    return new RandomSource(seed, name -> family.deviation(config, name));
  }

  private LoadedModel made(
      ObjectNode config, TensorSource source, Optional<LoraSettings> lora, long seed) {
    try (PointerScope scope = new PointerScope()) {
      Parameters base = parameters(quantizing(source), name -> lora.isEmpty());
      Optional<LoraLayers> layers =
          lora.map(s -> new LoraLayers(s, parameters(new RandomSource(seed, 0), name -> true)));
      Transformer transformer = Families.build(config, NEW, new Linears(base, layers));
      base.finish();
      return new LoadedModel(transformer, config, Optional.empty(), lora);
    }
  }

  private LoadedModel build(
      Path folder,
      Optional<AskedHead> head,
      Optional<LoraSettings> lora,
      Optional<TensorSource> adapter,
      Predicate<String> trainsBase,
      boolean trainsAdapter) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      StoredTensors files = files(HfFolder.model(folder), keepsStored());
      ObjectNode stored = config(folder, files);
      String where = HfFolder.configName(folder);
      ObjectNode grown = grown(stored, where, lora, adapter);
      ObjectNode config = head.map(h -> h.config().over(grown)).orElse(grown);
      TensorSource source =
          GrownVocabulary.over(quantizing(files), stored, grown, where, newTokens);
      if (head.isPresent()) {
        source = head.get().over(source, stored);
      }
      if (adapter.isPresent() && adapter.get() instanceof FileSource a) {
        source = new Layered(a, files, source);
      }
      Parameters base = parameters(source, trainsBase);
      Optional<LoraLayers> layers =
          lora.map(
              s -> new LoraLayers(s, parameters(adapter.orElseThrow(), name -> trainsAdapter)));
      Transformer transformer = Families.build(config, where, new Linears(base, layers));
      base.finish();
      layers.ifPresent(l -> l.parameters().finish());
      return new LoadedModel(transformer, config, Optional.of(folder), lora);
    }
  }

  private ObjectNode grown(
      ObjectNode config,
      String where,
      Optional<LoraSettings> lora,
      Optional<TensorSource> adapter) {
    List<Integer> tokens = new ArrayList<>(newTokens);
    lora.ifPresent(l -> tokens.addAll(l.trainableTokenIndices()));
    return adapter.isPresent() && adapter.get() instanceof FileSource files
        ? GrownVocabulary.grown(config, where, tokens, files)
        : GrownVocabulary.grown(config, where, tokens);
  }

  private boolean keepsStored() {
    return quant.filter(q -> q.type() == QuantSettings.Type.STORED).isPresent();
  }

  /**
   * A head other than the files'.
   *
   * @param seed what the files lack of it is drawn from; empty where an adapter has it
   */
  private record AskedHead(HeadConfig config, OptionalLong seed) {
    TensorSource over(TensorSource files, ObjectNode stored) {
      Optional<RandomSource> drawn =
          seed.isPresent()
              ? Optional.of(random(stored, files.where(), seed.getAsLong()))
              : Optional.empty();
      boolean sameLabels =
          HeadConfig.of(stored)
              .filter(h -> h.labels().equals(config.labels()) && h.problem() == config.problem())
              .isPresent();
      return new NewHead(files, Families.of(stored, files.where()).names(), drawn, sameLabels);
    }
  }

  /**
   * The layers of a head that have to be trained whatever adapters train: its last one by the names
   * that PEFT knows, and those before it that the files lack.
   */
  public static List<String> headModules(Path folder, HeadConfig head) {
    List<String> out = new ArrayList<>(List.of("classifier", "score"));
    if (head.problem().kind() == Task.Kind.SEQUENCE) {
      StoredTensors files = files(HfFolder.model(folder));
      String type = HfFolder.config(folder).path("model_type").asText();
      if (type.equals("distilbert") && !files.has("pre_classifier.weight")) {
        out.add("pre_classifier");
      }
      if (type.equals("bert") && !files.has("bert.pooler.dense.weight")) {
        out.add("pooler");
      }
    }
    return out;
  }

  /** The files as they are where they are quantized already, else quantized as asked. */
  private TensorSource quantizing(StoredTensors files) {
    Optional<QuantSettings> stored = quant.flatMap(q -> files.quantization());
    if (keepsStored()) {
      if (stored.isEmpty()) {
        throw new LuthierException(
            files.where()
                + " has no matrix in few bits, which quant.type=stored would keep: set quant.type"
                + " to nf4, fp4 or int8, or use --method lora");
      }
      return files;
    }
    if (stored.isPresent() && !stored.get().agrees(quant.orElseThrow())) {
      throw new LuthierException(
          files.where()
              + " is quantized already ("
              + stored.get().words()
              + "), which the settings quant.* contradict ("
              + quant.get().words()
              + "): set quant.type, quant.blockSize and quant.doubleQuant to what is stored, or use"
              + " --method lora, which takes the base as it is");
    }
    return stored.isPresent()
        ? new QuantizingSource(files, quant.orElseThrow(), files::isQuantized)
        : quantizing((TensorSource) files);
  }

  private TensorSource quantizing(TensorSource source) {
    return quant.isEmpty() ? source : new QuantizingSource(source, quant.get());
  }

  private Parameters parameters(TensorSource source, Predicate<String> trainable) {
    return new Parameters(
        source, dtype.scalarType(), device, trainable, stream, packing.orElse(null));
  }

  /** A model's tensors; those of a GGUF file that are in few bits become floats. */
  static StoredTensors files(Path model) {
    return files(model, false);
  }

  /**
   * @param keep whether matrices of a GGUF file that are in few bits stay so
   */
  static StoredTensors files(Path model, boolean keep) {
    return HfFolder.kind(model) == HfFolder.Kind.GGUF
        ? new GgufSource(Gguf.open(model), keep)
        : folderFiles(model);
  }

  private static FileSource folderFiles(Path folder) {
    ObjectNode config = HfFolder.config(folder);
    Family.Names names = Families.of(config, folder.resolve(HfFolder.CONFIG).toString()).names();
    return new FileSource(folder.toString(), ModelWeights.open(folder), names::of, names::isUnused);
  }

  /** A folder's configuration, which says of its own whether embedding and head are tied. */
  public static ObjectNode config(Path folder) {
    return config(folder, files(HfFolder.model(folder)));
  }

  /** How many rows a model's embedding has, by its configuration. */
  public static int vocabulary(Path model) {
    return Outline.of(config(model), HfFolder.configName(model), Optional.empty())
        .shape()
        .vocabulary();
  }

  /** The configuration of a folder's model once it has a row for each of these tokens. */
  public static ObjectNode config(Path folder, List<Integer> tokens) {
    return GrownVocabulary.grown(config(folder), HfFolder.configName(folder), tokens);
  }

  /** Embedding and head may be stored once, under either name. */
  static ObjectNode config(Path folder, StoredTensors files) {
    ObjectNode config = HfFolder.config(folder);
    String where = HfFolder.configName(folder);
    QuantizationConfig.of(config, where);
    Family.Names names = Families.of(config, where).names();
    boolean head = files.has(names.head());
    if (!head && !config.has("tie_word_embeddings")) {
      config.put("tie_word_embeddings", true);
    }
    if (config.path("tie_word_embeddings").asBoolean()) {
      files.alias(names.head(), names.embedding());
      files.alias(names.embedding(), names.head());
    }
    return config;
  }

  /** The adapter's full tensors (modules_to_save, biases) before the model's own. */
  record Layered(FileSource adapter, StoredTensors files, TensorSource source)
      implements SourceOver {
    @Override
    public boolean isQuantized(String name) {
      return !adapter.has(name) && source.isQuantized(name);
    }

    @Override
    public Optional<long[]> shape(String name, long... asked) {
      return adapter.has(name) ? adapter.shape(name, asked) : source.shape(name, asked);
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      if (adapter.has(name)) {
        files.reserve(name);
        adapter.read(name, init, target);
      } else {
        source.read(name, init, target);
      }
    }

    @Override
    public void reserve(String name) {
      source.reserve(name);
      if (adapter.has(name)) {
        adapter.reserve(name);
      }
    }
  }
}
