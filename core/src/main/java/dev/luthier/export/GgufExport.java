package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.GgufRows;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufSettings;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufType;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.format.HfFolder;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.merge.Fuse;
import dev.luthier.model.Families;
import dev.luthier.model.Task;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Native;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.GgufVocabulary;
import dev.luthier.tokenizer.TokenizerSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model, or a model with an adapter multiplied into it, as one GGUF file that llama.cpp and what
 * is built on it run. Tensors are read, computed in float32 and rounded once, one after another, so
 * memory holds the largest of them and little more.
 *
 * @param model a folder, or a GGUF file
 * @param adapter a PEFT folder; empty for the model alone
 * @param anyBase whether an adapter that was trained over another base is taken all the same
 * @param type what most matrices become
 * @param importance how much each column matters
 * @param pure whether every matrix gets the type, whatever llama.cpp would choose for it
 */
public record GgufExport(
    Path model,
    Optional<Path> adapter,
    boolean anyBase,
    GgufFileType type,
    Importance importance,
    boolean pure) {
  /** ggml's version of the quantized types' layouts. */
  private static final int QUANTIZATION_VERSION = 2;

  private static final String EMBEDDING = "token_embd.weight";

  /** Looked up, or in the place of the head, which programs that collect leave out. */
  private static final Set<String> UNCOLLECTED = Set.of(EMBEDDING, "output.weight");

  private static final String TOKENIZER = "tokenizer.";
  private static final String TEMPLATE = "tokenizer.chat_template";
  private static final String NAME = "general.name";
  private static final List<GgufValue> PHI_3 =
      Stream.of("</s>", "<unk>", "<s>", "<|endoftext|>").map(GgufValue::of).toList();
  private static final String SEGMENTS = "tokenizer.ggml.token_type_count";

  /** BERT's heads; llama.cpp gives what the last block gives. */
  private static final Set<String> ENCODER_HEADS = Set.of("cls.", "bert.pooler.");

  /** Is told how far it is. */
  public interface Progress {
    /** After a tensor, of the number of all. */
    void at(int done, int total);
  }

  /**
   * What was written.
   *
   * @param types by type, how many tensors and bytes
   * @param parameters numbers in all tensors
   * @param bytes of all tensors
   * @param notes what is to be known about it
   * @param warnings what should have been done otherwise
   */
  public record Result(
      Map<GgufType, Count> types,
      long parameters,
      long bytes,
      List<String> notes,
      List<String> warnings) {
    /** Bits for each number, over all tensors. */
    public double bitsPerWeight() {
      return 8.0 * bytes / parameters;
    }
  }

  /** Tensors of a type. */
  public record Count(int tensors, long bytes) {}

  /**
   * Writes the file, whole or not at all.
   *
   * @throws LuthierException if llama.cpp does not run such a model, or computes it otherwise
   */
  public Result run(Path output, Progress progress) {
    ModelTensors source = source();
    int rows = (int) source.shape(embedding(source))[0];
    return write(source, vocabulary(rows), output, progress);
  }

  /** The same with this vocabulary, keys {@code tokenizer.*}. */
  Result run(Path output, Map<String, GgufValue> vocabulary) {
    return write(source(), vocabulary, output, (done, total) -> {});
  }

  private ModelTensors source() {
    Native.load();
    return adapter
        .map(a -> Fuse.of(model, a, Optional.empty(), anyBase))
        .<ModelTensors>map(fuse -> isEncoder(model) ? fuse.body() : fuse.fuser())
        .orElseGet(() -> tensors(model));
  }

  /** A base's; of an encoder those before its head. */
  static ModelTensors tensors(Path model) {
    return isEncoder(model) ? ModelTensors.body(model) : ModelTensors.of(model);
  }

  static boolean isEncoder(Path model) {
    return Families.of(ModelLoader.config(model), HfFolder.configName(model)).kind()
        == Transformer.Kind.ENCODER;
  }

  private String where() {
    return HfFolder.configName(model);
  }

  private String embedding(ModelTensors source) {
    return Families.of(source.config(), where()).names().embedding();
  }

  private Result write(
      ModelTensors source, Map<String, GgufValue> vocabulary, Path output, Progress progress) {
    ObjectNode config = whole(source.config());
    refuseHeads(config);
    List<String> notes = new ArrayList<>();
    Set<String> names = names(source, notes);
    GgufFamily family = GgufFamily.of(config.path("model_type").asText(), names, where());
    GgufRows rows =
        new GgufRows(
            family,
            GgufSettings.heads(config),
            GgufSettings.keyHeads(config, family),
            model.toString());
    GgufTensors tensors = new GgufTensors(source, names, family, rows);
    Map<String, List<Long>> shapes = tensors.shapes();
    GgufSettings settings = GgufSettings.of(config, family, shapes, where());
    notes.addAll(settings.notes());
    Map<String, GgufType> types = recipe(config, rows).types(shapes);
    List<GgufWriter.Entry> entries = entries(tensors, settings, types, notes, progress);
    Map<String, GgufValue> metadata = metadata(family, shapes, config, settings, vocabulary);
    if (family.architecture().equals("bert")) {
      Pooling.of(model, notes).ifPresent(pooling -> metadata.put("bert.pooling_type", pooling));
    }
    GgufWriter.write(output, metadata, entries);
    return result(entries, notes);
  }

  /** What the family means by what config.json leaves out is said, too. */
  private ObjectNode whole(ObjectNode config) {
    ObjectNode out = Families.of(config, where()).defaults();
    out.setAll(config);
    return out;
  }

  private void refuseHeads(ObjectNode config) {
    if (!Task.of(config).isLanguage()) {
      throw new LuthierException(
          where()
              + ": a model that gives labels has no GGUF form. Use the folder itself, with luthier"
              + " classify or transformers. See docs/troubleshooting.md#no-gguf-form");
    }
  }

  /** What is stored: of an encoder all but its head, which llama.cpp has no use for. */
  private Set<String> names(ModelTensors source, List<String> notes) {
    Set<String> out = new TreeSet<>(source.names());
    if (Families.of(source.config(), where()).kind() == Transformer.Kind.ENCODER) {
      out.removeIf(name -> ENCODER_HEADS.stream().anyMatch(name::startsWith));
      notes.add("of an encoder no head is stored: llama.cpp gives embeddings");
    }
    return out;
  }

  private GgufRecipe recipe(ObjectNode config, GgufRows rows) {
    boolean mixture = config.path("model_type").asText().equals("mixtral");
    return new GgufRecipe(
        type,
        rows.family().architecture(),
        GgufSettings.blocks(config),
        rows.heads(),
        rows.keyHeads(),
        mixture ? config.path("num_local_experts").asLong(8) : 0,
        !importance.isNone(),
        pure);
  }

  private List<GgufWriter.Entry> entries(
      GgufTensors tensors,
      GgufSettings settings,
      Map<String, GgufType> types,
      List<String> notes,
      Progress progress) {
    Map<String, GgufWriter.Entry> out = new TreeMap<>(GgufRecipe.ORDER);
    settings.tensors().forEach((name, values) -> out.put(name, floats(name, values)));
    int total = tensors.all().size();
    int[] done = {0};
    List<String> without = new ArrayList<>();
    tensors
        .all()
        .forEach(
            (name, entry) -> {
              GgufType as = Objects.requireNonNull(types.get(name));
              List<Long> shape = entry.shape();
              long columns = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
              float[] weights = importance(name, columns * entry.parts().size());
              if (as.isQuantized() && weights.length == 0 && !UNCOLLECTED.contains(name)) {
                without.add(name);
              }
              GgufData data = new GgufData(name, as, columns, weights, entry.parts());
              out.put(
                  name,
                  new GgufWriter.Entry(
                      name,
                      as,
                      shape,
                      channel -> {
                        data.writeTo(channel);
                        progress.at(++done[0], total);
                      }));
            });
    if (!importance.isNone() && !without.isEmpty()) {
      notes.add("the importance matrix has nothing for " + String.join(", ", without));
    }
    fallbacks(types, notes);
    return List.copyOf(out.values());
  }

  /** A row too short for whole blocks cannot be what was asked for. */
  private void fallbacks(Map<String, GgufType> types, List<String> notes) {
    if (!type.type().isQuantized()) {
      return;
    }
    boolean blocks = type.type().blockValues() > 32;
    Set<GgufType> smaller =
        blocks
            ? Set.of(GgufType.Q4_0, GgufType.Q5_0, GgufType.Q5_1, GgufType.IQ4_NL, GgufType.F16)
            : Set.of(GgufType.F16);
    long count = types.values().stream().filter(smaller::contains).count();
    if (count > 0) {
      notes.add(
          count
              + " matrices have rows that are no whole blocks of "
              + type.type()
              + " and are stored as "
              + types.values().stream()
                  .filter(smaller::contains)
                  .distinct()
                  .sorted()
                  .map(GgufType::name)
                  .collect(Collectors.joining(", ")));
    }
  }

  private float[] importance(String name, long values) {
    float[] found = importance.columns().getOrDefault(name, new float[0]);
    if (found.length != 0 && found.length != values) {
      if (name.equals(EMBEDDING)) {
        return new float[0]; // one collected for a head that is tied
      }
      throw new UsageException(
          "the importance matrix has "
              + found.length
              + " values for "
              + name
              + ", which has "
              + values
              + " columns: it was made for another model; make one with luthier imatrix");
    }
    return found;
  }

  private static GgufWriter.Entry floats(String name, float[] values) {
    return new GgufWriter.Entry(
        name,
        GgufType.F32,
        List.of((long) values.length),
        channel -> {
          ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
          bytes.asFloatBuffer().put(values);
          SafetensorsWriter.writeFully(channel, bytes);
        });
  }

  private Map<String, GgufValue> metadata(
      GgufFamily family,
      Map<String, List<Long>> shapes,
      ObjectNode config,
      GgufSettings settings,
      Map<String, GgufValue> vocabulary) {
    Map<String, GgufValue> out = new LinkedHashMap<>();
    out.put(GgufFamily.ARCHITECTURE, GgufValue.of(family.architecture()));
    out.put("general.type", GgufValue.of("model"));
    long experts = config.path("num_local_experts").asLong(0);
    out.putAll(
        GgufGeneral.of(adapter.orElse(model), adapter.map(a -> model), active(shapes), experts));
    out.putAll(settings.metadata());
    out.putAll(vocabulary);
    if (family.architecture().equals("bert")) {
      // llama.cpp expects so many rows of token_types, whatever the vocabulary is.
      out.put(SEGMENTS, GgufValue.uint32(config.path("type_vocab_size").asLong(2)));
    }
    nameless(out);
    out.put("general.file_type", GgufValue.uint32(type.code()));
    if (type.type().isQuantized()) {
      out.put("general.quantization_version", GgufValue.uint32(QUANTIZATION_VERSION));
      out.putAll(importance.metadata());
    }
    return out;
  }

  /**
   * Where a model's name has "phi3" in it, llama.cpp looks for Phi-3's special tokens, and does not
   * open a file whose vocabulary lacks one.
   */
  private static void nameless(Map<String, GgufValue> metadata) {
    GgufValue tokens = metadata.get("tokenizer.ggml.tokens");
    if (metadata.get(NAME) instanceof GgufValue.Text name
        && tokens instanceof GgufValue.Array all
        && !all.values().containsAll(PHI_3)) {
      metadata.put(NAME, GgufValue.of(name.value().replaceAll("(?i)(phi)-?(3)", "$1 $2")));
    }
  }

  /** Numbers, of experts those of one. */
  private static long active(Map<String, List<Long>> shapes) {
    return shapes.entrySet().stream()
        .mapToLong(
            e ->
                e.getValue().stream()
                    .skip(e.getKey().contains("_exps.") ? 1 : 0)
                    .reduce(1L, Math::multiplyExact))
        .sum();
  }

  /**
   * The tokenizer and the chat template: the adapter's, where it has them, or the model's; those of
   * a GGUF file as they are.
   */
  private Map<String, GgufValue> vocabulary(int rows) {
    boolean own = adapter.flatMap(TokenizerSource::in).isPresent();
    Map<String, GgufValue> out = new LinkedHashMap<>();
    if (!own && HfFolder.kind(model) == HfFolder.Kind.GGUF) {
      Gguf.open(model)
          .metadata()
          .values()
          .forEach(
              (key, value) -> {
                if (key.startsWith(TOKENIZER)) {
                  out.put(key, value);
                }
              });
    } else {
      Set<Integer> stops = ModelLanguage.read(model, adapter, false).defaults().stopIds();
      out.putAll(GgufVocabulary.of(own ? adapter.orElseThrow() : model, rows, stops));
    }
    template().ifPresent(source -> out.put(TEMPLATE, GgufValue.of(source)));
    return out;
  }

  /** The template that chats with the adapter are written by, wherever its tokenizer is. */
  private Optional<String> template() {
    return adapter.flatMap(a -> ChatTemplates.source(List.of(a, model)));
  }

  private Result result(List<GgufWriter.Entry> entries, List<String> notes) {
    Map<GgufType, Count> types = new TreeMap<>();
    long parameters = 0;
    long bytes = 0;
    for (GgufWriter.Entry e : entries) {
      types.merge(
          e.type(),
          new Count(1, e.length()),
          (a, b) -> new Count(a.tensors() + b.tensors(), a.bytes() + b.bytes()));
      parameters += e.shape().stream().reduce(1L, Math::multiplyExact);
      bytes += e.length();
    }
    return new Result(types, parameters, bytes, List.copyOf(notes), again().stream().toList());
  }

  /** What is rounded twice is off by both. */
  private Optional<String> again() {
    if (!type.type().isQuantized() || HfFolder.kind(model) != HfFolder.Kind.GGUF) {
      return Optional.empty();
    }
    Set<GgufType> stored =
        Gguf.open(model).tensors().values().stream()
            .map(GgufTensor::type)
            .filter(GgufType::isQuantized)
            .collect(Collectors.toCollection(TreeSet::new));
    return stored.isEmpty()
        ? Optional.empty()
        : Optional.of(
            model
                + " is quantized already ("
                + stored.stream().map(GgufType::name).collect(Collectors.joining(", "))
                + "): rounding it once more to "
                + type
                + " loses more than rounding the original. Export from the model's folder, or from"
                + " a file in F32, BF16 or F16, if there is one");
  }
}
