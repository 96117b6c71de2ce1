package dev.luthier.hub;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The files that a model or an adapter is loaded from; see {@link FileChoice#model}. */
final class ModelChoice {
  private static final String SHARD = "(-\\d+-of-\\d+)?";

  /** Forms of weights, the best first; of each, its index of shards belongs to it. */
  private static final List<Pattern> WEIGHTS =
      List.of(
          Pattern.compile(
              "(adapter_)?model"
                  + SHARD
                  + "\\.safetensors|(adapter_)?model\\.safetensors\\.index\\.json"),
          Pattern.compile("(?!consolidated)[^/]*\\.safetensors(\\.index\\.json)?"),
          Pattern.compile(
              "pytorch_model"
                  + SHARD
                  + "\\.bin|adapter_model\\.bin|pytorch_model\\.bin\\.index\\.json"),
          Pattern.compile("[^/]*\\.(pt|pth|safetensors)"));

  private static final Pattern SHARDED = Pattern.compile(".*-\\d+-of-\\d+\\..*|.*\\.index\\.json");
  private static final Pattern SINGLE = Pattern.compile("(adapter_)?model\\.safetensors");
  private static final Pattern INDEX = Pattern.compile(".*\\.index(\\.[^/]*)?\\.json");
  private static final List<String> BESIDE =
      List.of(".json", ".jinja", ".txt", ".model", ".tiktoken", ".md");
  private static final Pattern LICENCE = Pattern.compile("(?i)(licen[cs]e|notice|copying)[^/]*");

  private ModelChoice() {}

  static List<HubFile> of(List<HubFile> all) {
    Predicate<HubFile> weights =
        WEIGHTS.stream()
            .map(form -> (Predicate<HubFile>) file -> form.matcher(file.path()).matches())
            .filter(form -> all.stream().anyMatch(f -> form.test(f) && !isIndex(f)))
            .findFirst()
            .orElse(file -> false);
    boolean single = all.stream().anyMatch(f -> SINGLE.matcher(f.path()).matches());
    Predicate<HubFile> shard = file -> single && SHARDED.matcher(file.path()).matches();
    return all.stream().filter(weights.and(shard.negate()).or(ModelChoice::standsBeside)).toList();
  }

  private static boolean standsBeside(HubFile file) {
    String path = file.path();
    if (path.startsWith("additional_chat_templates/")) {
      return path.endsWith(".jinja");
    }
    return !path.contains("/")
        && !isIndex(file)
        && (FileChoice.ends(path, BESIDE) || LICENCE.matcher(path).matches());
  }

  private static boolean isIndex(HubFile file) {
    return INDEX.matcher(file.path()).matches();
  }
}
