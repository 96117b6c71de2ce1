package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.nn.Linears;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.ServiceLoader.Provider;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The families that are supported; a new one is one more line here, or, in a jar beside ours, in
 * {@code META-INF/services/dev.luthier.model.Family}.
 */
public final class Families {
  private static final List<Family> OURS =
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

  private static final List<Family> ALL =
      Stream.concat(OURS.stream(), ServiceLoader.load(Family.class).stream().map(Provider::get))
          .toList();

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
    return find(type).orElseThrow(() -> new LuthierException(unknown(type, config, where)));
  }

  private static String unknown(String type, ObjectNode config, String where) {
    String first =
        type.isEmpty()
            ? where + " has no model_type."
            : where + ": model_type is '" + type + "', which is not supported.";
    return first
        + nearest(type, config)
        + " Supported are "
        + String.join(", ", types())
        + ". See docs/troubleshooting.md#model-type";
  }

  /** Which family is nearest and what differs, as far as anything is known. */
  private static String nearest(String type, ObjectNode config) {
    Optional<Relatives.Relative> relative =
        Relatives.known(type).filter(r -> find(r.nearest()).isPresent());
    if (relative.isPresent()) {
      Family family = find(relative.get().nearest()).orElseThrow();
      return " The nearest family is "
          + relative.get().nearest()
          + " ("
          + family.models()
          + "), but this model has "
          + relative.get().differs()
          + ".";
    }
    return Relatives.byKeys(config)
        .filter(t -> find(t).isPresent())
        .map(
            t ->
                " By the keys of its configuration the nearest family is "
                    + t
                    + " ("
                    + find(t).orElseThrow().models()
                    + "): if it is that but for the name, set model_type to '"
                    + t
                    + "'.")
        .orElse("");
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
    Family family = of(config, where);
    ObjectNode whole = family.defaults();
    whole.setAll(config);
    return family.build(new Assembly(whole, where, linears, Task.of(config)));
  }
}
