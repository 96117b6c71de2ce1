package dev.luthier.nn;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Decides which linear layers carry an adapter and wraps them; the rules are PEFT's.
 *
 * @param settings which layers, at which rank and scale
 * @param parameters where A and B come from, under {@code PATH.lora_A.weight} and {@code
 *     PATH.lora_B.weight}
 */
public record LoraLayers(LoraSettings settings, Parameters parameters) {
  private static final Pattern LAYER = Pattern.compile(".*\\.[^.]*\\.(\\d+)\\..*");

  /** The adapter of the layer at this path, if it gets one. */
  @Nullable Lora create(String path, int in, int out, boolean head) {
    int rank = rank(settings, path, head);
    if (rank == 0) {
      return null;
    }
    double alpha = ModulePatterns.find(settings.alphaPattern(), path, settings.alpha());
    Tensor a = parameters.get(path + ".lora_A.weight", Init.KAIMING_UNIFORM, rank, in);
    Tensor b = parameters.get(path + ".lora_B.weight", Init.ZEROS, out, rank);
    double scale = settings.rsLora() ? alpha / Math.sqrt(rank) : alpha / rank;
    return new Lora(a, b, scale, settings.dropout());
  }

  /**
   * What an adapter calls the rows that it trains of a table; {@link #tokenModule} the other way.
   */
  public static String tokenRows(String table) {
    return TokenRows.name(table);
  }

  /**
   * The module to which a parameter of an adapter belongs that holds rows of a table, see {@link
   * LoraSettings#trainableTokenIndices}; empty for any other.
   */
  public static Optional<String> tokenModule(String parameter) {
    return parameter.endsWith(TokenRows.SUFFIX)
        ? Optional.of(parameter.substring(0, parameter.length() - TokenRows.SUFFIX.length()))
        : Optional.empty();
  }

  /** PEFT saves what is tied twice. */
  void tolerateTied(String head) {
    parameters.tolerate(head);
    parameters.tolerate(TokenRows.name(head));
  }

  /** The rank of the adapter of the layer at this path; 0 if it gets none. */
  public static int rank(LoraSettings settings, String path, boolean head) {
    return adapts(settings, path, head)
        ? ModulePatterns.find(settings.rankPattern(), path, settings.rank())
        : 0;
  }

  /** Whether the linear layer at this path gets an adapter. */
  static boolean adapts(LoraSettings settings, String path, boolean head) {
    boolean named = settings.targets().isAllLinear() ? !head : settings.targets().matches(path);
    return named
        && !settings.exclude().matches(path)
        && !isSaved(settings, path)
        && inLayers(settings, path);
  }

  private static boolean inLayers(LoraSettings settings, String path) {
    if (settings.layers().indices().isEmpty()) {
      return true;
    }
    Matcher m = LAYER.matcher(path);
    return m.matches() && settings.layers().contains(Integer.parseInt(m.group(1)));
  }

  private static boolean isSaved(LoraSettings settings, String path) {
    return settings.modulesToSave().stream()
        .anyMatch(m -> Pattern.matches("(^|.*\\.)" + Pattern.quote(m) + "($|\\..*)", path));
  }

  /**
   * Whether a parameter of the base model is trained beside the adapter, as {@code modules_to_save}
   * and {@code bias} say.
   *
   * @param name the parameter's name, such as {@code model.layers.0.self_attn.q_proj.bias}
   */
  public static boolean trainsBase(LoraSettings settings, String name) {
    String module = name.replaceAll("\\.(weight|bias)$", "");
    if (isSaved(settings, module)) {
      return true;
    }
    return name.endsWith(".bias")
        && switch (settings.bias()) {
          case NONE -> false;
          case ALL -> true;
          case LORA_ONLY -> adapts(settings, module, false);
        };
  }
}
