package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.nn.Linears;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** The families that are supported; a new one is one more line here. */
public final class Families {
  private static final List<Family> ALL =
      List.of(
          new Llama(),
          new Mistral(),
          new Mixtral(),
          new Qwen2(),
          new Qwen3(),
          new Phi(),
          new Phi3(),
          new Gemma(),
          new Gemma2(),
          new Gemma3(),
          new Gpt2(),
          new GptNeo(),
          new GptJ(),
          new GptNeoX(),
          new Falcon(),
          new Opt(),
          new Bloom(),
          new Bert(),
          new Roberta(),
          new DistilBert(),
          new T5());

  private Families() {}

  /** All of them. */
  public static List<Family> all() {
    return ALL;
  }

  /**
   * The family of a configuration.
   *
   * @param where the file, for messages
   * @throws LuthierException if its {@code model_type} is not supported
   */
  public static Family of(ObjectNode config, String where) {
    String type = config.path("model_type").asText("");
    return find(type)
        .orElseThrow(
            () ->
                new LuthierException(
                    where
                        + ": model_type is '"
                        + type
                        + "', which is not supported. Supported are "
                        + String.join(", ", types())
                        + ". See docs/troubleshooting.md#model-type"));
  }

  private static Optional<Family> find(String type) {
    return ALL.stream().filter(f -> f.modelTypes().contains(type)).findFirst();
  }

  private static TreeSet<String> types() {
    TreeSet<String> out = new TreeSet<>();
    ALL.forEach(f -> out.addAll(f.modelTypes()));
    return out;
  }

  /** The model of a configuration; its owner calls {@code Parameters.finish} afterwards. */
  public static Transformer build(ObjectNode config, String where, Linears linears) {
    return of(config, where).build(new Assembly(config, where, linears, Task.of(config)));
  }
}
