package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LayerIndices;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.ModuleNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * PEFT's {@code adapter_config.json} for LoRA.
 *
 * @param lora which layers, at which rank and scale
 * @param baseModel what PEFT records as {@code base_model_name_or_path}
 * @param revision the base's commit on the hub, if it came from there
 * @param taskType PEFT's name for what the model does; empty where it has none
 * @param fanInFanOut whether adapted matrices are stored (in, out), as GPT-2's; it changes nothing
 *     about A and B
 * @param tokenModules the modules of which rows are trained; PEFT takes one of its own accord, the
 *     embedding
 */
public record AdapterConfig(
    LoraSettings lora,
    String baseModel,
    Optional<String> revision,
    Optional<String> taskType,
    boolean fanInFanOut,
    List<String> tokenModules) {
  private static final String CAUSAL = "CAUSAL_LM";
  private static final String TOKENS = "trainable_token_indices";

  /** Of a decoder's adapter. */
  public AdapterConfig(LoraSettings lora, String baseModel, Optional<String> revision) {
    this(lora, baseModel, revision, Optional.of(CAUSAL), false, List.of());
  }

  /** The same for this model's task and matrices; PEFT has no name for guessing masked tokens. */
  public AdapterConfig of(Transformer model) {
    Optional<String> type =
        switch (model.task().kind()) {
          case SEQUENCE -> Optional.of("SEQ_CLS");
          case TOKENS -> Optional.of("TOKEN_CLS");
          case LANGUAGE ->
              switch (model.kind()) {
                case DECODER -> Optional.of(CAUSAL);
                case ENCODER_DECODER -> Optional.of("SEQ_2_SEQ_LM");
                case ENCODER -> Optional.empty();
              };
        };
    boolean turned = model.adapted().values().stream().anyMatch(Linear::isTransposed);
    List<String> tokenModules =
        model.adapter().stream()
            .flatMap(a -> a.all().keySet().stream())
            .flatMap(name -> LoraLayers.tokenModule(name).stream())
            .map(path -> path.substring(path.lastIndexOf('.') + 1))
            .toList();
    return new AdapterConfig(lora, baseModel, revision, type, turned, tokenModules);
  }

  /** The file's name in an adapter folder. */
  public static final String FILE = "adapter_config.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keys that change nothing about what the adapter computes. */
  private static final Set<String> HARMLESS =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "revision",
          "inference_mode",
          "task_type",
          "peft_version",
          "layers_pattern",
          "megatron_core",
          "qalora_group_size",
          "runtime_config");

  private static final Set<String> READ =
      Set.of(
          "peft_type",
          "r",
          "lora_alpha",
          "lora_dropout",
          "target_modules",
          "exclude_modules",
          "fan_in_fan_out",
          "layers_to_transform",
          "rank_pattern",
          "alpha_pattern",
          "use_rslora",
          "modules_to_save",
          "bias",
          "init_lora_weights",
          TOKENS);

  /** Over a base that has no revision. */
  public AdapterConfig(LoraSettings lora, String baseModel) {
    this(lora, baseModel, Optional.empty());
  }

  /** Reads and checks a folder's configuration. */
  public static AdapterConfig read(Path folder) {
    Path file = folder.resolve(FILE);
    ObjectNode json = Json.read(file);
    List<String> complaints = new ArrayList<>();
    if (!"LORA".equals(json.path("peft_type").asText())) {
      complaints.add("peft_type is " + json.path("peft_type") + "; only LORA is supported");
    }
    String init = json.path("init_lora_weights").asText("true").toLowerCase(Locale.ROOT);
    if (!Set.of("true", "false", "gaussian", "orthogonal", "eva").contains(init)) {
      complaints.add(
          "init_lora_weights is '"
              + init
              + "', which changes the base model's weights; convert the adapter to plain LoRA with"
              + " PEFT first");
    }
    json.fields()
        .forEachRemaining(
            e -> {
              if (!READ.contains(e.getKey())
                  && !HARMLESS.contains(e.getKey())
                  && !isOff(e.getValue())) {
                complaints.add(e.getKey() + " is " + e.getValue() + ", which is not supported");
              }
            });
    JsonNode tokens = json.path(TOKENS);
    if (tokens.isObject() && Set.copyOf(ids(tokens)).size() > 1) {
      complaints.add(
          TOKENS + " is " + tokens + "; only the same ids for all modules are supported");
    }
    if (!complaints.isEmpty()) {
      throw new LuthierException(file + ": " + String.join("; ", complaints));
    }
    return new AdapterConfig(
        settings(json),
        json.path("base_model_name_or_path").asText(""),
        Optional.of(json.path("revision")).filter(JsonNode::isTextual).map(JsonNode::asText),
        Optional.ofNullable(json.path("task_type").textValue()),
        json.path("fan_in_fan_out").asBoolean(),
        tokens.isObject() ? List.copyOf(names(tokens)) : List.of());
  }

  private static List<String> names(JsonNode object) {
    List<String> out = new ArrayList<>();
    object.fieldNames().forEachRemaining(out::add);
    return out;
  }

  /** Each module's, of a list for the embedding or an object of lists. */
  private static List<List<Integer>> ids(JsonNode tokens) {
    List<List<Integer>> out = new ArrayList<>();
    for (JsonNode list : tokens.isArray() ? List.of(tokens) : tokens) {
      List<Integer> ids = new ArrayList<>();
      list.forEach(id -> ids.add(id.asInt()));
      out.add(ids);
    }
    return out;
  }

  private static LoraSettings settings(ObjectNode json) {
    return new LoraSettings(
        json.path("r").asInt(8),
        json.path("lora_alpha").asDouble(8),
        json.path("lora_dropout").asDouble(0),
        names(json.path("target_modules"), ModuleNames.of(List.of("q_proj", "v_proj"))),
        names(json.path("exclude_modules"), ModuleNames.none()),
        layers(json.path("layers_to_transform")),
        pattern(json.path("rank_pattern"), JsonNode::asInt),
        pattern(json.path("alpha_pattern"), JsonNode::asDouble),
        json.path("use_rslora").asBoolean(false),
        texts(json.path("modules_to_save")),
        LoraSettings.Bias.valueOf(json.path("bias").asText("none").toUpperCase(Locale.ROOT)),
        ids(json.path(TOKENS)).stream().findFirst().orElse(List.of()));
  }

  private static boolean isOff(JsonNode n) {
    return n.isNull()
        || n.isBoolean() && !n.booleanValue()
        || n.isContainerNode() && n.isEmpty()
        || n.isTextual() && n.asText().isEmpty();
  }

  private static ModuleNames names(JsonNode n, ModuleNames otherwise) {
    if (n.isTextual()) {
      return ModuleNames.of(n.asText());
    }
    return n.isArray() ? ModuleNames.of(texts(n)) : otherwise;
  }

  private static List<String> texts(JsonNode n) {
    List<String> out = new ArrayList<>();
    n.forEach(e -> out.add(e.asText()));
    return out;
  }

  private static LayerIndices layers(JsonNode n) {
    List<Integer> out = new ArrayList<>();
    if (n.isInt()) {
      out.add(n.intValue());
    }
    n.forEach(e -> out.add(e.asInt()));
    return new LayerIndices(out);
  }

  private static <T> Map<String, T> pattern(JsonNode n, Function<JsonNode, T> value) {
    Map<String, T> out = new LinkedHashMap<>();
    n.fields().forEachRemaining(e -> out.put(e.getKey(), value.apply(e.getValue())));
    return out;
  }

  /** The configuration as PEFT writes it. */
  public ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.set("alpha_pattern", JSON.valueToTree(lora.alphaPattern()));
    json.putNull("auto_mapping");
    json.put("base_model_name_or_path", baseModel);
    json.put("bias", lora.bias().toString());
    json.set("exclude_modules", namesToJson(lora.exclude()));
    json.put("fan_in_fan_out", fanInFanOut);
    json.put("inference_mode", true);
    json.put("init_lora_weights", true);
    json.putNull("layers_pattern");
    if (lora.layers().indices().isEmpty()) {
      json.putNull("layers_to_transform");
    } else {
      json.set("layers_to_transform", JSON.valueToTree(lora.layers().indices()));
    }
    if (lora.alpha() == Math.rint(lora.alpha())) {
      json.put("lora_alpha", (long) lora.alpha());
    } else {
      json.put("lora_alpha", lora.alpha());
    }
    json.put("lora_dropout", lora.dropout());
    if (lora.modulesToSave().isEmpty()) {
      json.putNull("modules_to_save");
    } else {
      json.set("modules_to_save", JSON.valueToTree(lora.modulesToSave()));
    }
    json.put("peft_type", "LORA");
    json.put("r", lora.rank());
    json.set("rank_pattern", JSON.valueToTree(lora.rankPattern()));
    json.putNull("revision");
    revision.ifPresent(commit -> json.put("revision", commit));
    json.set("target_modules", namesToJson(lora.targets()));
    json.put("task_type", taskType.orElse(null));
    List<Integer> tokens = lora.trainableTokenIndices();
    if (tokens.isEmpty()) {
      json.putNull(TOKENS);
    } else if (tokenModules.size() < 2) {
      json.set(TOKENS, JSON.valueToTree(tokens));
    } else {
      ObjectNode modules = json.putObject(TOKENS);
      tokenModules.forEach(module -> modules.set(module, JSON.valueToTree(tokens)));
    }
    json.put("use_dora", false);
    json.put("use_rslora", lora.rsLora());
    return json;
  }

  private static JsonNode namesToJson(ModuleNames names) {
    return names.isEmpty() ? JSON.nullNode() : JSON.valueToTree(names.toSetting());
  }
}
