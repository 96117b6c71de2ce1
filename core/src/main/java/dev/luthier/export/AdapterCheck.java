package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.Complaints;
import dev.luthier.format.HfFolder;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which servers take an adapter as it is, and what to do about those that do not: of a folder, or
 * of settings before anything is trained.
 *
 * <pre>{@code
 * AdapterCheck.of(Path.of("my-adapter"), Optional.empty()).verdicts(List.of(Server.VLLM));
 * }</pre>
 */
public record AdapterCheck(AdapterTraits adapter) {
  /**
   * Of an adapter folder in PEFT's format.
   *
   * @param model the base; without it, the folder that the adapter names, if that is there
   * @throws dev.luthier.LuthierException if it is no adapter folder
   */
  public static AdapterCheck of(Path folder, Optional<Path> model) {
    return new AdapterCheck(AdapterFolder.traits(folder, model));
  }

  /**
   * Of an adapter that is to be trained.
   *
   * @param newTokens tokens whose rows are trained beside it
   * @param quant how the base is held in training
   */
  public static AdapterCheck planned(
      Path model, LoraSettings lora, int newTokens, Optional<QuantSettings> quant) {
    ObjectNode config = HfFolder.config(model);
    Transformer outline = Outline.of(config, HfFolder.configName(model), Optional.of(lora));
    SortedSet<Integer> ranks = new TreeSet<>(List.of(lora.rank()));
    ranks.addAll(lora.rankPattern().values());
    SortedSet<String> targets = new TreeSet<>();
    outline.adapted().keySet().forEach(p -> targets.add(p.substring(p.lastIndexOf('.') + 1)));
    List<String> patterns = new ArrayList<>();
    addIf(patterns, !lora.rankPattern().isEmpty(), "rank_pattern");
    addIf(patterns, !lora.alphaPattern().isEmpty(), "alpha_pattern");
    int blocks = lora.layers().indices().size();
    return new AdapterCheck(
        new AdapterTraits(
            Optional.of(config.path("model_type").asText()),
            "LORA",
            ranks,
            lora.alpha(),
            lora.rsLora(),
            patterns,
            targets,
            List.of(),
            blocks > 0 && blocks < outline.blocks().size(),
            lora.modulesToSave(),
            lora.bias().toString(),
            lora.trainableTokenIndices().size() + newTokens,
            List.of(),
            0,
            outline.isTied(),
            Optional.of("CAUSAL_LM"),
            List.of(),
            quant.map(QuantSettings::words),
            Optional.empty()));
  }

  private static void addIf(List<String> list, boolean condition, String word) {
    if (condition) {
      list.add(word);
    }
  }

  /** The verdict for each server, in their order. */
  public List<AdapterVerdict> verdicts(List<Server> servers) {
    return servers.stream().distinct().map(s -> ServerRules.judge(adapter, s)).toList();
  }

  /** Complains about what keeps a planned adapter from its servers, and says what to set. */
  public void require(List<Server> servers, Complaints complaints) {
    for (AdapterVerdict verdict : verdicts(servers)) {
      for (AdapterFinding finding : verdict.findings()) {
        if (finding.level() == AdapterFinding.Level.REFUSED) {
          complaints.add(
              "serve.targets names "
                  + verdict.server()
                  + ", which will not take this adapter: "
                  + finding.reason()
                  + ". "
                  + (finding.setting().isEmpty() ? "" : "Set " + finding.setting() + ", or ")
                  + "take "
                  + verdict.server()
                  + " out of serve.targets and serve the adapter another way: "
                  + finding.wayOut()
                  + ". See docs/check-adapter.md");
        }
      }
    }
  }

  /** For {@code --json}. */
  public Map<String, Object> toJson(Path folder, List<Server> servers) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("adapter", folder.toString());
    out.put("rank", adapter.rank());
    out.put("verdicts", verdicts(servers).stream().map(AdapterVerdict::toJson).toList());
    return out;
  }
}
