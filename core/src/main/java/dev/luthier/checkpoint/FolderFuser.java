package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.DType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsShards;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.model.Families;
import dev.luthier.model.Family;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.TensorSource;
import dev.luthier.quant.QuantSettings;
import dev.luthier.quant.Quantizer;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A model folder with an adapter multiplied into it, a tensor at a time: {@code W + s B A} in
 * float32, rounded once to what the base stores. Memory holds the adapter and a few copies of the
 * largest matrix.
 */
public final class FolderFuser implements ModelTensors {
  private final StoredTensors files;
  private final FileSource adapter;
  private final LoraSettings lora;
  private final TensorSource grown;
  private final Optional<HeadConfig> head;
  private final ObjectNode config;
  private final Family.Names names;
  private final StoredOutline outline;
  private final Transformer model;
  private final Optional<QuantSettings> quant;
  private final boolean body;
  private final DType stored;

  /**
   * Reads the adapter, and of the base what tensors there are.
   *
   * @param base a model folder; matrices that it stores quantized are dequantized
   * @param quant how W was quantized when the adapter was trained: W is what comes back of that.
   *     Empty for W as it is stored
   */
  public FolderFuser(Path base, Path adapter, Optional<QuantSettings> quant) {
    this(base, adapter, quant, false);
  }

  private FolderFuser(Path base, Path adapter, Optional<QuantSettings> quant, boolean body) {
    Native.load();
    this.quant = quant;
    this.body = body;
    this.files = ModelLoader.files(HfFolder.model(base));
    ObjectNode before = ModelLoader.config(base, files);
    this.head = HeadConfig.read(HfFolder.adapter(adapter), before);
    this.adapter = Adapters.source(HfFolder.adapter(adapter));
    this.lora = AdapterConfig.read(adapter).lora();
    String where = HfFolder.configName(base);
    ObjectNode larger =
        GrownVocabulary.grown(before, where, lora.trainableTokenIndices(), this.adapter);
    this.grown = GrownVocabulary.over(files, before, larger, where, List.of());
    this.config = head.map(h -> h.over(larger)).orElse(larger);
    this.names = Families.of(config, where).names();
    this.stored = ModelFiles.storedDtype(base);
    this.outline = outline(where);
    this.model = outline.model();
  }

  /** The same of an encoder for its hidden states: of its head there is what the files have. */
  public static FolderFuser body(Path base, Path adapter, Optional<QuantSettings> quant) {
    return new FolderFuser(base, adapter, quant, true);
  }

  private StoredOutline outline(String where) {
    LoraLayers layers =
        new LoraLayers(lora, new Parameters(adapter, ScalarType.Float, Device.CPU, name -> false));
    boolean any = body && head.isEmpty();
    TensorSource base =
        any
            ? NewHead.over(grown, config)
            : head.isPresent() ? new NewHead(grown, names, Optional.empty(), false) : grown;
    TensorSource source = new ModelLoader.Layered(adapter, files, base);
    ObjectNode built = any ? HeadConfig.ANY.over(config) : config;
    return StoredOutline.of(source, built, where, Optional.of(layers));
  }

  /**
   * Writes weights and config.json into an existing folder; the tokenizer is the caller's.
   *
   * @return the dtype that most weights are stored in
   */
  public DType write(Path folder) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (String name : names()) {
      entries.add(TensorFiles.entry(name, shape(name), dtype(name), () -> read(name)));
    }
    SafetensorsShards.write(
        folder, entries, Map.of("format", "pt"), SafetensorsShards.DEFAULT_SHARD_BYTES);
    ObjectNode written = config.deepCopy();
    String head = names.head();
    if (entries.stream().anyMatch(e -> e.name().equals(head))) {
      written.put("tie_word_embeddings", false);
    }
    written.remove(QuantizationConfig.KEY);
    written.put("torch_dtype", stored.torchName());
    Json.write(folder.resolve(HfFolder.CONFIG), written);
    return stored;
  }

  @Override
  public ObjectNode config() {
    return config;
  }

  /** All parameters; a tied head is one where the adapter makes it differ from the embedding. */
  @Override
  public Set<String> names() {
    Set<String> out = new LinkedHashSet<>(model.parameters().all().keySet());
    model
        .linears()
        .forEach(
            (path, linear) -> {
              if (linear.isAdapted()) {
                out.add(path + ".weight");
              }
            });
    out.removeIf(name -> body && !files.has(name) && !adapter.has(name));
    return out;
  }

  private DType dtype(String name) {
    return files.isQuantized(name) ? stored : files.dtype(name).orElse(stored);
  }

  /** As it is stored, with rows for new tokens. */
  private Optional<long[]> storedShape(String name) {
    // A tied head that the adapter changes has no parameter of its own.
    Map<String, Tensor> all = model.parameters().all();
    Tensor asked = all.getOrDefault(name, all.get(names.embedding()));
    return grown.shape(name, Tensors.shape(Objects.requireNonNull(asked)));
  }

  @Override
  public boolean isTransposed(String name) {
    return outline.isTransposed(name);
  }

  @Override
  public long[] shape(String name) {
    long[] shape = storedShape(name).or(() -> adapter.shape(name)).orElseThrow();
    return files.isQuantized(name) && outline.isTransposed(name)
        ? new long[] {shape[1], shape[0]}
        : shape;
  }

  @Override
  public Tensor read(String name) {
    Optional<Linear> adapted = linear(name).filter(Linear::isAdapted);
    boolean requantize =
        quant.isPresent() && !adapter.has(name) && outline.matrices().contains(name);
    if (adapted.isEmpty() && !requantize && isKept(name)) {
      return files.read(name);
    }
    boolean whole = adapter.has(name);
    Tensor w = empty(whole ? adapter.shape(name) : storedShape(name));
    (whole ? adapter : grown).read(name, Init.NORMAL, w);
    replaceRows(name, w);
    boolean turned = !whole && files.isQuantized(name) && outline.isTransposed(name); // (out, in)
    if (requantize) {
      boolean turns = outline.isTransposed(name) && !turned;
      w = turns ? w.t().contiguous() : w;
      Quantizer.quantize(name, w, quant.orElseThrow()).dequantizeInto(w);
      turned |= turns;
    }
    Tensor base = turned ? w.t().contiguous() : w;
    return adapted.map(l -> l.delta().add_(base)).orElse(base);
  }

  /** Whether a tensor that carries no adapter is written as it is stored. */
  private boolean isKept(String name) {
    return !adapter.has(name)
        && !files.isQuantized(name)
        && rows(name).isEmpty()
        && Arrays.equals(files.shape(name).orElseThrow(), storedShape(name).orElseThrow());
  }

  /** What the adapter calls the rows that it has in the place of some of a table's. */
  private Optional<String> rows(String name) {
    boolean tied = name.equals(names.head()) && !model.parameters().all().containsKey(name);
    return Optional.of(LoraLayers.tokenRows(tied ? names.embedding() : name)).filter(adapter::has);
  }

  private void replaceRows(String name, Tensor table) {
    rows(name)
        .ifPresent(
            rows -> {
              Tensor own = empty(adapter.shape(rows));
              adapter.read(rows, Init.NORMAL, own);
              long[] ids =
                  lora.trainableTokenIndices().stream().mapToLong(Integer::longValue).toArray();
              table.index_copy_(0, Tensors.longs(ids, Device.CPU, ids.length), own);
            });
  }

  private static Tensor empty(Optional<long[]> shape) {
    return torch.empty(shape.orElseThrow(), Tensors.options(ScalarType.Float, Device.CPU), null);
  }

  private Optional<Linear> linear(String name) {
    return name.endsWith(".weight")
        ? Optional.ofNullable(
            model.linears().get(name.substring(0, name.length() - ".weight".length())))
        : Optional.empty();
  }
}
