package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.model.Problem;
import dev.luthier.model.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A head that gives labels, as config.json describes it. PEFT has no place for the labels of an
 * adapter whose base is a language model, so they stand beside it in {@code head_config.json},
 * which PEFT passes over.
 *
 * @param problem what it is asked
 * @param labels their names, by number
 * @param padId the token that transformers takes for padding when it looks for a row's last token
 */
public record HeadConfig(Problem problem, List<String> labels, OptionalInt padId) {
  /** One that no file has to have, for what stands before it: a number for each token. */
  static final HeadConfig ANY =
      new HeadConfig(Problem.TOKENS, List.of("LABEL_0"), OptionalInt.empty());

  /** The file's name in an adapter folder. */
  public static final String FILE = "head_config.json";

  private static final String NAMES = "id2label";

  /** The last layers of heads, a row for each label. */
  private static final List<String> LAST =
      List.of("score.weight", "classifier.weight", "classifier.out_proj.weight");

  /** Keeps the names. */
  public HeadConfig {
    labels = List.copyOf(labels);
  }

  /** That of a model's configuration; empty if it is a language model. */
  public static Optional<HeadConfig> of(ObjectNode config) {
    Task task = Task.of(config);
    if (task.isLanguage()) {
      return Optional.empty();
    }
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < task.labels(); i++) {
      labels.add(config.path(NAMES).path(String.valueOf(i)).asText("LABEL_" + i));
    }
    OptionalInt pad =
        config.path("pad_token_id").isInt()
            ? OptionalInt.of(config.path("pad_token_id").asInt())
            : OptionalInt.empty();
    return Optional.of(new HeadConfig(Problem.of(config), labels, pad));
  }

  /** The configuration of the same model with this head. */
  public ObjectNode over(ObjectNode config) {
    ObjectNode out = config.deepCopy();
    String before = config.path("architectures").path(0).asText(title(config));
    out.putArray("architectures").add(problem.kind().architecture(before));
    describe(out);
    return out;
  }

  /** {@code model_type} as class names begin, of files that name no class. */
  private static String title(ObjectNode config) {
    StringBuilder out = new StringBuilder();
    for (String word : config.path("model_type").asText().split("_", -1)) {
      if (!word.isEmpty()) {
        out.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
      }
    }
    return out.toString();
  }

  private void describe(ObjectNode json) {
    ObjectNode names = json.putObject(NAMES);
    ObjectNode numbers = json.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      names.put(String.valueOf(i), labels.get(i));
    }
    labels.stream()
        .sorted(Comparator.naturalOrder())
        .forEach(label -> numbers.put(label, labels.indexOf(label)));
    json.put("num_labels", labels.size());
    if (problem.type().isEmpty()) {
      json.remove("problem_type");
    } else {
      json.put("problem_type", problem.type());
    }
    padId.ifPresent(id -> json.put("pad_token_id", id));
  }

  /** Writes it beside an adapter. */
  public void write(Path adapter) {
    ObjectNode json = Json.object();
    json.putArray("architectures").add(problem.kind().architecture(""));
    describe(json);
    Json.write(adapter.resolve(FILE), json);
  }

  /**
   * That of an adapter folder; empty if its base has the head, or it has none. Of an adapter that
   * PEFT saved with its head, the base's configuration names the labels.
   *
   * @param base the configuration of the model that it is put over
   * @throws LuthierException if the adapter gives labels, and its head or their names are missing
   */
  public static Optional<HeadConfig> read(Path adapter, ObjectNode base) {
    Optional<HeadConfig> ours = Json.readIfThere(adapter.resolve(FILE)).flatMap(HeadConfig::of);
    if (ours.isPresent() || !Task.of(base).isLanguage()) {
      return ours;
    }
    return switch (AdapterConfig.read(adapter).taskType().orElse("")) {
      case "SEQ_CLS" -> Optional.of(named(adapter, base, Task.Kind.SEQUENCE));
      case "TOKEN_CLS" -> Optional.of(named(adapter, base, Task.Kind.TOKENS));
      default -> Optional.empty();
    };
  }

  private static HeadConfig named(Path adapter, ObjectNode base, Task.Kind kind) {
    FileSource saved = Adapters.source(adapter);
    long labels =
        LAST.stream()
            .flatMap(name -> saved.shape(name).stream())
            .mapToLong(shape -> shape[0])
            .findFirst()
            .orElse(0);
    if (labels == 0 || base.path(NAMES).size() != labels) {
      throw new LuthierException(
          adapter
              + " gives labels, and "
              + (labels == 0
                  ? "has no head: train it with modules_to_save=[classifier, score]"
                  : "neither a "
                      + FILE
                      + " in it nor the base's config.json names all "
                      + labels
                      + " of them: put them into the base's config.json as id2label")
              + ". See docs/troubleshooting.md#no-labels");
    }
    ObjectNode asked = base.deepCopy();
    asked.putArray("architectures").add(kind.architecture(""));
    return of(asked).orElseThrow();
  }
}
