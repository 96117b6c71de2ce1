package dev.luthier.format;

import dev.luthier.LuthierException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A family of models as llama.cpp's converter names and stores it, and as Hugging Face does.
 *
 * @param architecture {@code general.architecture}
 * @param marker a tensor that only this layout of the architecture has; empty for the layout of all
 *     other files
 * @param modelType {@code model_type} of config.json
 * @param top Hugging Face's module by GGUF's, outside of the blocks
 * @param blocks the blocks by GGUF's name of their list
 * @param keys config.json's names for metadata where this family has its own, empty for what it
 *     does not have
 * @param said what config.json says that GGUF does not, such as {@code hidden_act}
 * @param traits what is stored in another way
 */
public record GgufFamily(
    String architecture,
    String marker,
    String modelType,
    Map<String, String> top,
    Map<String, Blocks> blocks,
    Map<String, String> keys,
    Map<String, String> said,
    Set<Trait> traits) {
  /**
   * Blocks that are alike.
   *
   * @param path Hugging Face's name of their list
   * @param modules Hugging Face's module by GGUF's; an asterisk is the number of an expert, whose
   *     matrices GGUF stacks, and {@code [qkv]} each of these letters, whose rows GGUF joins
   */
  public record Blocks(String path, Map<String, String> modules) {
    /** Copies the map. */
    public Blocks {
      modules = Map.copyOf(modules);
    }
  }

  /** What llama.cpp's converter changes. */
  public enum Trait {
    /** Rows of q and k stand in pairs that are rotated together, not in halves. */
    PAIRED_ROWS,
    /** Norms' weights are what they multiply by; Hugging Face stores them less 1. */
    NORMS_PLUS_ONE,
    /** A part of each head's width is rotated. */
    ROTATES_A_PART,
    /**
     * Rows of a joined q, k and v stand one kind after the other; at Hugging Face each key head's
     * stand together: its queries', its own, its values'.
     */
    GROUPED_ROWS,
    /** Hugging Face stores the matrices of blocks (in, out). */
    TURNED
  }

  /** The key that names the family. */
  public static final String ARCHITECTURE = "general.architecture";

  /** Where a tensor's name is split: the module, and weight or bias. */
  private static final Set<String> PARTS = Set.of("weight", "bias");

  private static final Pattern IN_BLOCK =
      Pattern.compile("((?:enc\\.|dec\\.)?blk)\\.(\\d{1,6})\\.(.+)");

  /**
   * Where a file has a tensor.
   *
   * @param name GGUF's name
   * @param expert which of the tensors that are stacked there; -1 where nothing is stacked
   */
  public record Place(String name, int expert) {}

  /** A number on its way into a name. */
  private static final Pattern NUMBER = Pattern.compile("\\.(\\d{1,6})\\.");

  /** Tensors that become part of the configuration. */
  private static final Set<String> COMPUTED =
      Set.of(GgufConfig.FREQUENCIES, GgufConfig.LONG, GgufConfig.SHORT);

  /** Copies the maps. */
  public GgufFamily {
    top = Map.copyOf(top);
    blocks = Map.copyOf(blocks);
    keys = Map.copyOf(keys);
    said = Map.copyOf(said);
    traits = Set.copyOf(traits);
  }

  /**
   * The family of a file.
   *
   * @throws LuthierException naming the supported ones, if it is none of them
   */
  public static GgufFamily of(Gguf file) {
    return GgufFamilies.of(file);
  }

  /**
   * The family of a model that is to be stored.
   *
   * @param modelType {@code model_type} of config.json
   * @param names all its tensors
   * @param where the configuration, for messages
   * @throws LuthierException if llama.cpp has no such family, or no place for a tensor
   */
  public static GgufFamily of(String modelType, Set<String> names, String where) {
    return GgufFamilies.of(modelType, names, where);
  }

  /** Whether the tensor becomes part of the configuration. */
  public static boolean computes(String name) {
    return COMPUTED.contains(name);
  }

  /** What config.json calls a number; empty if the family has none such. */
  public Optional<String> key(String general) {
    return Optional.of(keys.getOrDefault(general, general)).filter(k -> !k.isEmpty());
  }

  /**
   * A tensor's Hugging Face name, maybe with an asterisk for experts or {@code [qkv]}; empty if the
   * family has no such tensor.
   */
  public Optional<String> name(String gguf) {
    int end = gguf.lastIndexOf('.');
    if (end < 0 || !PARTS.contains(gguf.substring(end + 1))) {
      return Optional.empty();
    }
    String part = gguf.substring(end);
    String module = gguf.substring(0, end);
    Matcher m = IN_BLOCK.matcher(module);
    if (!m.matches()) {
      return Optional.ofNullable(top.get(module)).map(name -> name + part);
    }
    return Optional.ofNullable(blocks.get(m.group(1)))
        .flatMap(
            list ->
                Optional.ofNullable(list.modules().get(m.group(3)))
                    .map(name -> list.path() + "." + m.group(2) + "." + name + part));
  }

  /** Where a file has the tensor of this Hugging Face name; empty if it has no place for it. */
  public Optional<Place> place(String name) {
    int end = name.lastIndexOf('.');
    if (end < 0 || !PARTS.contains(name.substring(end + 1))) {
      return Optional.empty();
    }
    String part = name.substring(end);
    String module = name.substring(0, end);
    Optional<Place> outside = gguf(top, module).map(m -> new Place(m + part, -1));
    return outside.or(
        () ->
            blocks.entrySet().stream()
                .flatMap(list -> inBlock(list.getKey(), list.getValue(), module, part).stream())
                .findFirst());
  }

  private static Optional<Place> inBlock(String gguf, Blocks list, String module, String part) {
    Matcher number = NUMBER.matcher(module);
    int path = list.path().length();
    if (!module.startsWith(list.path() + ".") || !number.find(path) || number.start() != path) {
      return Optional.empty();
    }
    String prefix = gguf + "." + number.group(1) + ".";
    String inner = module.substring(number.end());
    Matcher expert = NUMBER.matcher(inner);
    if (expert.find()) {
      String stacked = inner.substring(0, expert.start(1)) + "*" + inner.substring(expert.end(1));
      Optional<Place> place =
          gguf(list.modules(), stacked)
              .map(m -> new Place(prefix + m + part, Integer.parseInt(expert.group(1))));
      if (place.isPresent()) {
        return place;
      }
    }
    return gguf(list.modules(), inner).map(m -> new Place(prefix + m + part, -1));
  }

  private static Optional<String> gguf(Map<String, String> modules, String name) {
    return modules.entrySet().stream()
        .filter(e -> e.getValue().equals(name))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
