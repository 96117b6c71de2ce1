package dev.luthier.nn;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * How adapters are laid over a model's linear layers: LoRA (Hu et al. 2021), with rank-stabilised
 * scaling on request (Kalajdzievski 2023). The matching rules are PEFT's.
 *
 * @param rank columns of A's transpose and of B
 * @param alpha the update is scaled by alpha / rank, or alpha / sqrt(rank) with rsLora
 * @param dropout share of an adapter's inputs zeroed while training, in [0, 1)
 * @param targets the linear layers that get an adapter
 * @param exclude layers that get none even though targets names them
 * @param layers the blocks that get adapters
 * @param rankPattern module pattern to rank; the first that matches wins, else rank
 * @param alphaPattern module pattern to alpha; the first that matches wins, else alpha
 * @param rsLora whether the scale is alpha / sqrt(rank)
 * @param modulesToSave modules trained in full and saved beside the adapter
 * @param bias which bias vectors are trained
 * @param trainableTokenIndices ids of tokens whose rows of the embedding, and of the head, are
 *     trained beside the adapter
 */
public record LoraSettings(
    @Setting(help = "rank of the update matrices", value = "16") int rank,
    @Setting(help = "the update is scaled by alpha / rank", value = "32") double alpha,
    @Setting(help = "share of adapter inputs dropped in training, 0 to below 1", value = "0.0")
        double dropout,
    @Setting(
            help = "all-linear, a list of module names, or a regular expression for whole paths",
            value = "all-linear")
        ModuleNames targets,
    @Setting(help = "modules to leave alone: a list or a regular expression", value = "")
        ModuleNames exclude,
    @Setting(
            help = "blocks that get adapters, such as 0-3 or [0, 1, 7]; empty means all",
            value = "")
        LayerIndices layers,
    @Setting(help = "rank by module pattern, such as {q_proj: 8}", value = "")
        Map<String, Integer> rankPattern,
    @Setting(help = "alpha by module pattern, such as {q_proj: 16}", value = "")
        Map<String, Double> alphaPattern,
    @Setting(help = "scale by alpha / sqrt(rank) instead (rsLoRA)", value = "false") boolean rsLora,
    @Setting(help = "modules trained in full and saved, such as [lm_head]", value = "")
        List<String> modulesToSave,
    @Setting(help = "bias vectors to train: none | all | lora_only", value = "none") Bias bias,
    @Setting(help = "ids of tokens whose rows are trained, such as [32000, 32001]", value = "")
        List<Integer> trainableTokenIndices) {

  /** Which bias vectors are trained. */
  public enum Bias {
    NONE,
    ALL,
    /** Those of the layers that carry an adapter. */
    LORA_ONLY;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks everything at once. */
  public LoraSettings {
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
    modulesToSave = List.copyOf(modulesToSave);
    trainableTokenIndices = List.copyOf(trainableTokenIndices);
    Complaints complaints = new Complaints();
    complaints
        .unless(rank >= 1, "lora.rank", rank, "must be at least 1")
        .unless(alpha > 0 && alpha < 1e6, "lora.alpha", alpha, "must be positive")
        .unless(dropout >= 0 && dropout < 1, "lora.dropout", dropout, "must be from 0 to below 1")
        .unless(!targets.isEmpty(), "lora.targets", "empty", "must name at least one module");
    complaints
        .unless(
            trainableTokenIndices.stream().allMatch(id -> id >= 0),
            "lora.trainableTokenIndices",
            trainableTokenIndices,
            "must be ids from 0")
        .unless(
            Set.copyOf(trainableTokenIndices).size() == trainableTokenIndices.size(),
            "lora.trainableTokenIndices",
            trainableTokenIndices,
            "must name each id once");
    ModulePatterns.check(complaints, "lora.rankPattern", rankPattern);
    rankPattern.forEach(
        (key, value) -> {
          complaints.unless(value >= 1, "lora.rankPattern." + key, value, "must be at least 1");
        });
    ModulePatterns.check(complaints, "lora.alphaPattern", alphaPattern);
    alphaPattern.forEach(
        (key, value) -> {
          complaints.unless(value > 0, "lora.alphaPattern." + key, value, "must be positive");
        });
    complaints.throwIfAny();
  }

  /** The same with these modules trained in full, beside those that are. */
  public LoraSettings saving(List<String> modules) {
    Set<String> all = new LinkedHashSet<>(modulesToSave);
    all.addAll(modules);
    return with(List.copyOf(all), trainableTokenIndices);
  }

  /** The same with these tokens' rows trained, beside those that are. */
  public LoraSettings training(List<Integer> tokens) {
    Set<Integer> all = new LinkedHashSet<>(trainableTokenIndices);
    all.addAll(tokens);
    return with(modulesToSave, List.copyOf(all));
  }

  /** The same, and nothing is dropped. */
  public LoraSettings withoutDropout() {
    return with(0, modulesToSave, trainableTokenIndices);
  }

  private LoraSettings with(List<String> saved, List<Integer> tokens) {
    return with(dropout, saved, tokens);
  }

  private LoraSettings with(double dropped, List<String> saved, List<Integer> tokens) {
    return new LoraSettings(
        rank,
        alpha,
        dropped,
        targets,
        exclude,
        layers,
        rankPattern,
        alphaPattern,
        rsLora,
        saved,
        bias,
        tokens);
  }

  /** Returns rank 16, alpha 32 on every linear layer. */
  public static LoraSettings defaults() {
    return SettingDefaults.of(LoraSettings.class);
  }
}
