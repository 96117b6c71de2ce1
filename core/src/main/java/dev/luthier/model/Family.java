package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import java.util.List;
import java.util.Set;

/**
 * A family of models: what its {@code config.json} can say, and how its parts stand together. Each
 * is one file; {@link Families} lists them. See docs/add-a-family.md.
 */
public interface Family {
  /** The {@code model_type}s that it reads. */
  Set<String> modelTypes();

  /** The models that people know of it, for messages. */
  String models();

  /** What its tensors are called in files; most decoders took Llama's names over. */
  default Names names() {
    return Names.LLAMA;
  }

  /** How tokens see one another. */
  default Transformer.Kind kind() {
    return Transformer.Kind.DECODER;
  }

  /**
   * What a key that {@code config.json} leaves out means, where parts that families share read it
   * and most families mean something else. A key that is null is there.
   */
  default ObjectNode defaults() {
    return Json.object();
  }

  /** The id that a decoder behind an encoder begins with; -1 where there is none. */
  default int decoderStart(ObjectNode config) {
    return -1;
  }

  /**
   * The standard deviation with which a fresh parameter of {@link dev.luthier.nn.Init#NORMAL}
   * starts.
   *
   * @param name its whole name
   */
  default double deviation(ObjectNode config, String name) {
    return config.path("initializer_range").asDouble(0.02);
  }

  /**
   * Puts a model together, asking for every parameter by name and shape.
   *
   * @throws dev.luthier.LuthierException naming what its configuration asks for and we do not have
   */
  Transformer build(Assembly a);

  /**
   * What tensors are called in files.
   *
   * @param embedding the token embedding's table
   * @param head the output head's matrix, which may be the same
   * @param base what the names of the model without a head begin with; files of such a model leave
   *     it out
   * @param heads what other names may begin with
   * @param unused ends of names that old files hold and nothing needs
   */
  record Names(
      String embedding, String head, String base, List<String> heads, List<String> unused) {
    /** Llama's names. */
    public static final Names LLAMA =
        new Names(
            "model.embed_tokens.weight",
            "lm_head.weight",
            "model.",
            List.of("lm_head.", "score."),
            List.of("rotary_emb.inv_freq"));

    /** The model's name for a tensor of a file; BERT's first files name the norms' differently. */
    public String of(String stored) {
      String name =
          stored
              .replaceAll("LayerNorm\\.gamma$", "LayerNorm.weight")
              .replaceAll("LayerNorm\\.beta$", "LayerNorm.bias");
      boolean whole = name.startsWith(base) || heads.stream().anyMatch(name::startsWith);
      return whole ? name : base + name;
    }

    /** Whether nothing needs this tensor. */
    public boolean isUnused(String name) {
      return unused.stream().anyMatch(name::endsWith);
    }
  }
}
