package dev.luthier.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The files of a model folder as Hugging Face names them. */
public final class HfFolder {
  /** The model's architecture and sizes. */
  public static final String CONFIG = "config.json";

  /** Defaults for generation; see {@link GenerationConfig}. */
  public static final String GENERATION_CONFIG = "generation_config.json";

  /** The whole tokenizer. */
  public static final String TOKENIZER = "tokenizer.json";

  /** Roles of special tokens, and often the chat template. */
  public static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** Roles of special tokens, in older folders. */
  public static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";

  /** The chat template alone. */
  public static final String CHAT_TEMPLATE = "chat_template.jinja";

  /** The chat template as a JSON object, in some folders. */
  public static final String CHAT_TEMPLATE_JSON = "chat_template.json";

  /** An adapter's settings, as PEFT writes them. */
  public static final String ADAPTER_CONFIG = "adapter_config.json";

  /** What stands beside the weights and is carried from a model to what was made of it. */
  public static final List<String> SIDE_FILES =
      List.of(
          TOKENIZER,
          TOKENIZER_CONFIG,
          SPECIAL_TOKENS_MAP,
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "vocab.txt",
          "tokenizer.model",
          "spiece.model",
          "encoder.json",
          "vocab.bpe",
          CHAT_TEMPLATE,
          CHAT_TEMPLATE_JSON,
          GENERATION_CONFIG);

  private static final List<String> VOCABULARIES = List.of(".tiktoken", ".model");

  private HfFolder() {}

  /** What kind of thing stands at a path. */
  public enum Kind {
    /** A folder with a {@code config.json}, or a {@link Llama2cFile}. */
    MODEL,
    /** A folder with an {@code adapter_config.json}. */
    ADAPTER,
    /** A model in a file that ends in .gguf. */
    GGUF,
    /** A folder with neither. */
    OTHER_FOLDER,
    /** A file. */
    FILE,
    /** Nothing. */
    NOTHING
  }

  /** What stands at the path. A folder with both configurations is an adapter, as PEFT has it. */
  public static Kind kind(Path path) {
    if (!Files.exists(path)) {
      return Kind.NOTHING;
    }
    if (!Files.isDirectory(path)) {
      if (Gguf.isNamed(path)) {
        return Kind.GGUF;
      }
      return Llama2cFile.isOne(path) ? Kind.MODEL : Kind.FILE;
    }
    if (Files.exists(path.resolve(ADAPTER_CONFIG))) {
      return Kind.ADAPTER;
    }
    return Files.exists(path.resolve(CONFIG)) ? Kind.MODEL : Kind.OTHER_FOLDER;
  }

  /**
   * Checks that a path is a model: a folder, or a GGUF file.
   *
   * @return the path
   * @throws LuthierException saying what it is instead and what was expected
   */
  public static Path model(Path path) {
    return switch (kind(path)) {
      case MODEL, GGUF -> path;
      case ADAPTER ->
          throw new LuthierException(
              path
                  + " is an adapter (it has "
                  + ADAPTER_CONFIG
                  + "); expected a model folder. Give its base model"
                  + base(path)
                  + " as --model and this folder as --adapter.");
      case OTHER_FOLDER ->
          throw new LuthierException(
              path
                  + " is not a model folder: expected "
                  + CONFIG
                  + ", found "
                  + SafetensorsIndex.listed(SafetensorsIndex.names(path)));
      case FILE ->
          throw new LuthierException(
              path
                  + " is a file; expected a model folder with "
                  + CONFIG
                  + ", or a .gguf file"
                  + parentHint(path));
      case NOTHING ->
          throw new LuthierException(
              path
                  + " does not exist; expected a model folder with "
                  + CONFIG
                  + ", or org/name of a model on the Hugging Face Hub");
    };
  }

  /**
   * Checks that a path is an adapter folder, whose files can be read to an end.
   *
   * @return the path
   * @throws LuthierException saying what it is instead and what was expected
   */
  public static Path adapter(Path path) {
    if (Files.exists(path.resolve(ADAPTER_CONFIG), LinkOption.NOFOLLOW_LINKS)) {
      OrdinaryFiles.check(path);
    }
    return switch (kind(path)) {
      case ADAPTER -> path;
      case MODEL ->
          throw new LuthierException(
              path
                  + " is a model (it has "
                  + CONFIG
                  + "); expected an adapter folder with "
                  + ADAPTER_CONFIG
                  + ". A model is given as --model.");
      case GGUF ->
          throw new LuthierException(
              path + " is a model; expected an adapter folder with " + ADAPTER_CONFIG);
      case OTHER_FOLDER ->
          throw new LuthierException(
              path
                  + " is not an adapter folder: expected "
                  + ADAPTER_CONFIG
                  + ", found "
                  + SafetensorsIndex.listed(SafetensorsIndex.names(path)));
      case FILE ->
          throw new LuthierException(
              path
                  + " is a file; expected an adapter folder with "
                  + ADAPTER_CONFIG
                  + parentHint(path));
      case NOTHING ->
          throw new LuthierException(
              path + " does not exist; expected an adapter folder with " + ADAPTER_CONFIG);
    };
  }

  /** A model's {@code config.json}, after {@link #model}; of a file, what stands for it. */
  public static ObjectNode config(Path path) {
    if (kind(path) == Kind.GGUF) {
      return GgufConfig.of(Gguf.open(path));
    }
    return Files.isDirectory(model(path))
        ? Json.read(path.resolve(CONFIG))
        : Llama2cFile.open(path).config();
  }

  /** What a model's configuration is called in errors. */
  public static String configName(Path path) {
    return Files.isRegularFile(path) ? path + " (metadata)" : path.resolve(CONFIG).toString();
  }

  /** Checks that the path is a folder. */
  static Path folder(Path path) {
    if (!Files.isDirectory(path)) {
      throw new LuthierException(
          path + (Files.exists(path) ? " is a file" : " does not exist") + "; expected a folder");
    }
    return path;
  }

  /**
   * Copies the {@link #SIDE_FILES} that are there and vocabularies under names of their own, each
   * whole or not at all.
   *
   * @return their names
   */
  public static List<String> copySideFiles(Path from, Path to) {
    List<String> copied = new ArrayList<>();
    if (from.toAbsolutePath().normalize().equals(to.toAbsolutePath().normalize())) {
      return copied;
    }
    Set<String> names = new LinkedHashSet<>(SIDE_FILES);
    if (Files.isDirectory(from)) {
      SafetensorsIndex.names(from).stream()
          .filter(name -> VOCABULARIES.stream().anyMatch(name::endsWith))
          .forEach(names::add);
    }
    for (String name : names) {
      if (Files.isRegularFile(from.resolve(name))) {
        AtomicFile.copy(from.resolve(name), to.resolve(name));
        copied.add(name);
      }
    }
    return List.copyOf(copied);
  }

  /** The base model's name, where the adapter's settings give one. */
  private static String base(Path adapter) {
    try {
      String name =
          Json.read(adapter.resolve(ADAPTER_CONFIG)).path("base_model_name_or_path").asText("");
      return name.isEmpty() ? "" : " (" + name + ")";
    } catch (LuthierException e) {
      return "";
    }
  }

  private static String parentHint(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    boolean inFolder =
        parent != null && (kind(parent) == Kind.MODEL || kind(parent) == Kind.ADAPTER);
    return inFolder ? ". Give its folder, " + parent : "";
  }
}
