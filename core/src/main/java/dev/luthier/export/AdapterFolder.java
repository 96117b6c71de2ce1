package dev.luthier.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.TorchFile;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.quant.QuantSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The traits of an adapter folder, also of one that Luthier itself does not run, from its
 * configuration and the names and shapes of its tensors. No weight is read.
 */
final class AdapterFolder {
  private static final String PREFIX = "base_model.model.";
  private static final Pattern LORA =
      Pattern.compile("(.*)\\.lora_(?:embedding_)?([AB])(\\.weight)?");
  private static final Pattern BLOCK = Pattern.compile(".*?\\.(\\d+)\\..*");
  private static final Set<String> TABLES =
      Set.of("embed_tokens", "lm_head", "wte", "word_embeddings", "embed_out");

  /** Switches that change what an adapter computes. */
  private static final List<String> FEATURES =
      List.of(
          "use_dora",
          "use_qalora",
          "use_bdlora",
          "lora_bias",
          "alora_invocation_tokens",
          "target_parameters",
          "layer_replication",
          "arrow_config",
          "monteclora_config",
          "kasa_config",
          "velora_config");

  private final Path folder;
  private final ObjectNode json;
  private final Map<String, TensorInfo> tensors = new TreeMap<>();
  private final Map<String, Integer> ranks = new LinkedHashMap<>();

  private AdapterFolder(Path folder) {
    this.folder = HfFolder.adapter(folder);
    this.json = Json.read(folder.resolve(AdapterConfig.FILE));
    Path pickled = folder.resolve("adapter_model.bin");
    Path weights = folder.resolve(Adapters.WEIGHTS);
    Map<String, TensorInfo> stored =
        !Files.exists(weights) && Files.exists(pickled)
            ? TorchFile.open(pickled).tensors()
            : SafetensorsFile.open(weights).tensors();
    stored.forEach(
        (name, info) ->
            tensors.put(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name, info));
    tensors.forEach(this::rank);
  }

  /**
   * Reads a folder.
   *
   * @param model the base; without it, the folder that the adapter names, if that is there
   */
  static AdapterTraits traits(Path folder, Optional<Path> model) {
    AdapterFolder adapter = new AdapterFolder(folder);
    Optional<TrainingBase> trained = TrainingBase.read(folder);
    return adapter.traits(model.or(() -> adapter.named(trained)), trained);
  }

  private Optional<Path> named(Optional<TrainingBase> trained) {
    String name =
        trained
            .map(TrainingBase::base)
            .orElseGet(() -> json.path("base_model_name_or_path").asText(""));
    return Optional.of(name)
        .filter(n -> !n.isEmpty())
        .map(Path::of)
        .filter(path -> HfFolder.kind(path) == HfFolder.Kind.MODEL);
  }

  private AdapterTraits traits(Optional<Path> model, Optional<TrainingBase> trained) {
    Optional<ObjectNode> config = model.map(HfFolder::config);
    Optional<Transformer> outline =
        config.map(c -> Outline.of(c, HfFolder.configName(model.orElseThrow()), Optional.empty()));
    List<String> tables = tables();
    return new AdapterTraits(
        config.map(c -> c.path("model_type").asText()),
        method(),
        ranks.isEmpty()
            ? new TreeSet<>(Set.of(json.path("r").asInt(8)))
            : new TreeSet<>(ranks.values()),
        json.path("lora_alpha").asDouble(8),
        json.path("use_rslora").asBoolean(),
        set("rank_pattern", "alpha_pattern"),
        lastNames(),
        outline.map(this::missing).orElse(List.of()),
        someBlocks(outline),
        texts(json.path("modules_to_save")),
        json.path("bias").asText("none"),
        tokenRows(),
        tables,
        tables.stream().mapToLong(this::bytes).sum(),
        outline.map(Transformer::isTied).orElse(false),
        Optional.ofNullable(json.path("task_type").textValue()),
        features(),
        trained.flatMap(TrainingBase::quant).map(QuantSettings::words),
        model.flatMap(path -> otherBase(path, trained)));
  }

  private String method() {
    return json.path("peft_type").asText("(none; no PEFT folder)").toUpperCase(Locale.ROOT);
  }

  private void rank(String name, TensorInfo info) {
    Matcher lora = LORA.matcher(name);
    if (lora.matches() && lora.group(2).equals("A") && info.shape().size() == 2) {
      ranks.put(lora.group(1), info.shape().get(0).intValue());
    }
  }

  private SortedSet<String> lastNames() {
    SortedSet<String> names = new TreeSet<>();
    ranks.keySet().forEach(path -> names.add(path.substring(path.lastIndexOf('.') + 1)));
    return names;
  }

  /** Adapted modules that the model lacks, and listed targets that none of them is. */
  private List<String> missing(Transformer model) {
    Set<String> there = model.parameters().all().keySet();
    List<String> out = new ArrayList<>();
    for (String path : ranks.keySet()) {
      if (!there.contains(path + ".weight") && !model.linears().containsKey(path)) {
        out.add(path);
      }
    }
    for (String target : texts(json.path("target_modules"))) {
      if (ranks.keySet().stream().noneMatch(p -> p.equals(target) || p.endsWith("." + target))) {
        out.add(target);
      }
    }
    return out;
  }

  private boolean someBlocks(Optional<Transformer> model) {
    Set<Integer> blocks = new TreeSet<>();
    for (String path : ranks.keySet()) {
      Matcher block = BLOCK.matcher(path);
      if (block.matches()) {
        blocks.add(Integer.parseInt(block.group(1)));
      }
    }
    JsonNode layers = json.path("layers_to_transform");
    return layers.isInt()
        || !layers.isEmpty()
        || model.filter(m -> blocks.size() < m.blocks().size()).isPresent();
  }

  private int tokenRows() {
    int rows = 0;
    for (Map.Entry<String, TensorInfo> tensor : tensors.entrySet()) {
      if (tensor.getKey().contains("trainable_tokens_delta")) {
        rows = Math.max(rows, tensor.getValue().shape().get(0).intValue());
      }
    }
    return rows;
  }

  /** Embeddings and heads that are there as a whole. */
  private List<String> tables() {
    return tensors.keySet().stream()
        .filter(name -> name.endsWith(".weight") && !LORA.matcher(name).matches())
        .filter(name -> TABLES.stream().anyMatch(t -> name.matches("(.*\\.)?" + t + "\\..*")))
        .toList();
  }

  private long bytes(String name) {
    TensorInfo info = tensors.get(name);
    return info == null ? 0 : info.length();
  }

  private List<String> features() {
    List<String> out = new ArrayList<>(set(FEATURES.toArray(String[]::new)));
    String init = json.path("init_lora_weights").asText("true").toLowerCase(Locale.ROOT);
    if (init.startsWith("pissa") || Set.of("olora", "loftq", "corda", "lora_ga").contains(init)) {
      out.add("init_lora_weights " + init + " (a changed base)");
    }
    return out;
  }

  private List<String> set(String... keys) {
    List<String> out = new ArrayList<>();
    for (String key : keys) {
      JsonNode value = json.path(key);
      if (value.asBoolean() || value.isContainerNode() && !value.isEmpty()) {
        out.add(key);
      }
    }
    return out;
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(item -> out.add(item.asText()));
    return out;
  }

  private Optional<String> otherBase(Path model, Optional<TrainingBase> trained) {
    return trained
        .filter(record -> Files.isDirectory(model))
        .filter(record -> !Hashes.folder(model).equals(record.sha256()))
        .map(
            record ->
                folder
                    + " was trained over another base, "
                    + record.base()
                    + " (SHA-256 "
                    + record.sha256().substring(0, Math.min(12, record.sha256().length()))
                    + "...)");
  }
}
