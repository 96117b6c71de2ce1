package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.luthier.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The {@code README.md} of an adapter or a model, with the front matter that the Hugging Face Hub
 * reads: what it was made of, with which settings, how good it became, how it is used. It names no
 * folder of this machine and shows no row.
 *
 * @param kind what it is
 * @param base the folder that it was made of; empty for a model from scratch
 * @param data what it was trained on, as paths; only those of the hub are named
 * @param tags beside our own
 * @param use what it is used for
 * @param facts headings, and below each what is to be known by name
 */
public record ModelCard(
    Kind kind,
    Optional<Path> base,
    List<Path> data,
    List<String> tags,
    Use use,
    Map<String, Map<String, String>> facts) {
  /** The file's name. */
  public static final String FILE = "README.md";

  private static final YAMLMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
                  .build())
          .build();

  private static final List<String> LICENCE = List.of("license", "license_name", "license_link");
  private static final int MOST_BYTES = 1 << 20;

  /** What a card is about. */
  public enum Kind {
    /** Low-rank matrices over a base. */
    ADAPTER("peft", "adapter", "An adapter over"),
    /** All weights, trained further. */
    FINETUNE("transformers", "finetune", "A model fine-tuned from"),
    /** A base with an adapter multiplied in. */
    FUSED("transformers", "finetune", "A model with an adapter multiplied in, from"),
    /** A base in fewer bits. */
    QUANTIZED("transformers", "quantized", "A quantized form of"),
    /** Weights from nothing. */
    SCRATCH("transformers", "", "A model trained from scratch");

    private final String library;
    private final String relation;
    private final String words;

    Kind(String library, String relation, String words) {
      this.library = library;
      this.relation = relation;
      this.words = words;
    }
  }

  /** What a model is used for. */
  public enum Use {
    /** It writes. */
    TEXT("text-generation", "chat", "", "CausalLM"),
    /** It reads one text and writes another. */
    SOURCE_TARGET("text2text-generation", "generate", "--prompt", "Seq2SeqLM"),
    /** It guesses masked tokens. */
    MASKED("fill-mask", "fill-mask", "--text", "MaskedLM"),
    /** It labels texts. */
    SEQUENCE("text-classification", "classify", "--text", "SequenceClassification"),
    /** It labels words. */
    TOKENS("token-classification", "classify", "--text", "TokenClassification");

    private final String pipeline;
    private final String verb;
    private final String input;
    private final String type;

    Use(String pipeline, String verb, String input, String type) {
      this.pipeline = pipeline;
      this.verb = verb;
      this.input = input;
      this.type = type;
    }

    /**
     * The command that uses it.
     *
     * @param model options that name it
     */
    public String command(String model) {
      return "luthier " + verb + " " + model + (input.isEmpty() ? "" : " " + input + " \"...\"");
    }
  }

  /** Writes the card into a folder. */
  public void write(Path folder) {
    AtomicFile.writeText(folder.resolve(FILE), text());
  }

  /** The whole file. */
  String text() {
    StringBuilder out = new StringBuilder("---\n").append(front()).append("---\n\n");
    String name = base.map(HubOrigin::publicName).orElse("");
    out.append("# ").append(kind.words).append(name.isEmpty() ? "" : " " + name).append("\n\n");
    out.append("Made with Luthier ").append(Versions.of("luthier")).append(".\n");
    base.flatMap(HubOrigin::of)
        .ifPresent(o -> out.append("The base is its revision `").append(o.commit()).append("`.\n"));
    facts.forEach((heading, entries) -> section(out, heading, entries));
    out.append("\n## How to use\n\n").append(usage(name));
    return out.toString();
  }

  private String front() {
    ObjectNode front = JsonNodeFactory.instance.objectNode();
    Optional<HubOrigin> origin = base.flatMap(HubOrigin::of);
    origin.ifPresent(
        o -> front.put("base_model", o.id()).put("base_model_relation", kind.relation));
    List<String> sets =
        data.stream().flatMap(p -> HubOrigin.of(p).stream()).map(HubOrigin::id).distinct().toList();
    if (!sets.isEmpty()) {
      sets.forEach(front.putArray("datasets")::add);
    }
    front.put("library_name", kind.library);
    JsonNode before = base.map(ModelCard::frontMatter).orElse(JsonNodeFactory.instance.nullNode());
    for (String key : LICENCE) {
      if (before.path(key).isTextual()) {
        front.set(key, before.path(key));
      }
    }
    front.put("pipeline_tag", use.pipeline);
    List<String> all = new ArrayList<>(tags);
    all.add("luthier");
    all.forEach(front.withArray("/tags")::add);
    try {
      return YAML.writeValueAsString(front);
    } catch (IOException e) {
      throw new IllegalStateException("a card's front matter is not YAML", e);
    }
  }

  private static void section(StringBuilder out, String heading, Map<String, String> entries) {
    if (!entries.isEmpty()) {
      out.append("\n## ").append(heading).append("\n\n| | |\n|---|---|\n");
      out.append(
          entries.entrySet().stream()
              .map(e -> "| " + cell(e.getKey()) + " | " + cell(e.getValue()) + " |\n")
              .collect(Collectors.joining()));
    }
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\R", " ");
  }

  private String usage(String name) {
    boolean adapter = kind == Kind.ADAPTER;
    String of = adapter ? "--model " + name + " --adapter FOLDER" : "--model FOLDER";
    return "With Luthier, where FOLDER is this folder or its `org/name` on the Hub:\n\n```\n./"
        + use.command(of)
        + "\n```\n\nWith "
        + (adapter ? "PEFT" : "transformers")
        + ":\n\n```python\n"
        + (adapter && use == Use.MASKED ? overMasked(name) : loaded(adapter))
        + "\n```\n";
  }

  private String loaded(boolean adapter) {
    String loader = "Auto" + (adapter ? "PeftModelFor" : "ModelFor") + use.type;
    boolean labels = adapter && (use == Use.SEQUENCE || use == Use.TOKENS);
    return "from "
        + (adapter ? "peft" : "transformers")
        + " import "
        + loader
        + "\n\nmodel = "
        + loader
        + ".from_pretrained(\"FOLDER\""
        + (labels ? ", num_labels=N" : "")
        + ")";
  }

  /** PEFT has no class of its own for it. */
  private static String overMasked(String base) {
    return """
    from peft import PeftModel
    from transformers import AutoModelForMaskedLM

    base = AutoModelForMaskedLM.from_pretrained("%s")
    model = PeftModel.from_pretrained(base, "FOLDER")\
    """
        .formatted(base);
  }

  /** The front matter of a folder's card; null if there is none that can be read. */
  public static JsonNode frontMatter(Path folder) {
    Path card = folder.resolve(FILE);
    try {
      if (Files.isRegularFile(card) && Files.size(card) <= MOST_BYTES) {
        String text = Files.readString(card).replace("\r\n", "\n");
        int end = text.indexOf("\n---", 3);
        if (text.startsWith("---\n") && end > 0) {
          return YAML.readTree(text.substring(4, end + 1));
        }
      }
    } catch (IOException e) {
      // A card is for people; one that is no UTF-8 or no YAML says nothing about the licence.
      return JsonNodeFactory.instance.nullNode();
    }
    return JsonNodeFactory.instance.nullNode();
  }
}
