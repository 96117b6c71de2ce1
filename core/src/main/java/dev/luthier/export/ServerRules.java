package dev.luthier.export;

import dev.luthier.export.AdapterFinding.Level;
import dev.luthier.format.ByteSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What each server takes, as its loader reads a PEFT folder: vLLM's {@code PEFTHelper} and {@code
 * LoRAConfig}, llama.cpp's {@code convert_lora_to_gguf.py} and {@code llama-adapter.cpp}, Ollama's
 * {@code ConvertAdapter}, TGI's {@code LoraWeights}.
 */
final class ServerRules {
  /** Ranks that vLLM's {@code --max-lora-rank} may be. */
  static final List<Integer> VLLM_RANKS = List.of(1, 8, 16, 32, 64, 128, 256, 320, 512);

  private static final int VLLM_DEFAULT_RANK = 16;
  private static final long LARGE_TABLES = 100L << 20;
  private static final String FUSE = "luthier fuse, and serve the fused model";
  private static final String WITH_PEFT =
      "merge it with PEFT (merge_and_unload), and serve the merged model";
  private static final String TO_GGUF = "luthier export gguf-lora";

  private static final Set<String> VLLM_FAMILIES =
      Set.of(
          "llama",
          "mistral",
          "mixtral",
          "qwen2",
          "qwen3",
          "gemma",
          "gemma2",
          "gemma3",
          "gemma3_text",
          "phi",
          "phi3");
  private static final Set<String> TGI_FAMILIES =
      Set.of("llama", "mistral", "qwen2", "gemma", "gemma2");
  private static final Set<String> TGI_MODULES =
      Set.of(
          "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head");

  /** Families whose GGUF architecture Ollama's converter of safetensors adapters knows. */
  private static final Set<String> OLLAMA_SAFETENSORS =
      Set.of("llama", "mistral", "mixtral", "gemma2");

  /** Families that Ollama runs on its own engine, which has no adapters. */
  private static final Set<String> OLLAMA_ENGINE = Set.of("gemma3", "gemma3_text", "qwen3");

  private final AdapterTraits adapter;
  private final Server server;
  private final List<AdapterFinding> findings = new ArrayList<>();

  private ServerRules(AdapterTraits adapter, Server server) {
    this.adapter = adapter;
    this.server = server;
  }

  static AdapterVerdict judge(AdapterTraits adapter, Server server) {
    ServerRules rules = new ServerRules(adapter, server);
    rules.every();
    switch (server) {
      case VLLM -> rules.vllm();
      case LLAMA_CPP -> rules.llamaCpp();
      case OLLAMA -> rules.ollama();
      case TGI -> rules.tgi();
    }
    List<AdapterFinding> found = rules.findings;
    if (found.stream().anyMatch(f -> f.level() == Level.REFUSED)) {
      // A step towards loading leads nowhere then.
      found.removeIf(f -> f.level() == Level.STEP);
    }
    found.sort(Comparator.comparing(AdapterFinding::level).reversed());
    return new AdapterVerdict(server, found);
  }

  /** What no server takes. */
  private void every() {
    if (adapter.family().isEmpty()) {
      note("its base is not here, so family and modules are not checked", "name it as --model");
    }
    adapter
        .otherBase()
        .ifPresent(why -> refuse(why, "name the base that it was trained over as --model", ""));
    if (!adapter.method().equals("LORA")) {
      refuse("is of PEFT type " + adapter.method() + "; only LORA is served", WITH_PEFT, "");
      return;
    }
    if (!adapter.missing().isEmpty()) {
      refuse(
          "target modules that the base does not have: " + String.join(", ", adapter.missing()),
          "name the right base as --model, or take them out of target_modules",
          "lora.targets");
    }
    adapter
        .task()
        .filter(task -> !task.equals("CAUSAL_LM"))
        .ifPresent(
            task -> refuse("task " + task + "; adapters are served for CAUSAL_LM only", FUSE, ""));
    for (String feature : adapter.features()) {
      refuse(feature + " is on, which it does not compute", WITH_PEFT, "");
    }
    if (!adapter.modulesToSave().isEmpty()) {
      refuse(
          "modules_to_save holds "
              + String.join(", ", adapter.modulesToSave())
              + "; it takes A and B only",
          FUSE,
          "lora.modulesToSave=[]");
    }
    if (adapter.tokenRows() > 0) {
      refuse(
          "rows of "
              + adapter.tokenRows()
              + " tokens are trained (trainable_token_indices); "
              + "it has no place for them",
          FUSE,
          "lora.trainableTokenIndices=[], tokens.add=[]");
    }
    if (!adapter.tables().isEmpty() && adapter.modulesToSave().isEmpty()) {
      refuse(
          "whole tables among its weights: " + String.join(", ", adapter.tables()),
          FUSE + ", or save it without save_embedding_layers",
          "");
    }
    if (adapter.tableBytes() > LARGE_TABLES) {
      note(
          ByteSize.words(adapter.tableBytes()) + " of the folder are whole embeddings or heads",
          "train the new rows only: tokens.add with luthier sft");
    }
    if (!adapter.bias().equals("none")) {
      refuse(
          "bias is " + adapter.bias() + "; trained biases are not loaded", FUSE, "lora.bias=none");
    }
    adapter
        .quantizedBase()
        .ifPresent(
            quant ->
                note(
                    "trained over a base in "
                        + quant
                        + "; over the base as it is stored it computes something else",
                    "serve the base quantized in the same way, or luthier fuse --base dequantized"));
  }

  private void vllm() {
    families(VLLM_FAMILIES);
    int rank = adapter.rank();
    int most = VLLM_RANKS.get(VLLM_RANKS.size() - 1);
    if (rank > most) {
      refuse("rank " + rank + " is above " + most + ", its largest", FUSE, "lora.rank=" + most);
    } else if (rank > VLLM_DEFAULT_RANK) {
      int needed = VLLM_RANKS.stream().filter(r -> r >= rank).findFirst().orElse(most);
      step(
          "rank " + rank + " is above " + VLLM_DEFAULT_RANK + ", the default of --max-lora-rank",
          "start it with --max-lora-rank " + needed);
    }
    oneScale();
  }

  private void llamaCpp() {
    step("it reads GGUF, not PEFT folders", TO_GGUF + ", which folds scale and patterns in");
    tiedHead();
  }

  private void ollama() {
    if (adapter.family().filter(OLLAMA_ENGINE::contains).isPresent()) {
      refuse(
          "it runs " + adapter.family().orElse("") + " on an engine without adapters",
          "luthier export ollama --adapter, which fuses first",
          "");
      return;
    }
    tiedHead();
    List<String> unread = new ArrayList<>(adapter.patterns());
    if (adapter.rsLora()) {
      unread.add("use_rslora");
    }
    if (adapter.alpha() != Math.rint(adapter.alpha())) {
      unread.add("lora_alpha " + adapter.alpha() + " (it reads whole numbers)");
    }
    adapter
        .family()
        .filter(family -> !OLLAMA_SAFETENSORS.contains(family))
        .ifPresent(family -> unread.add("family " + family));
    if (!unread.isEmpty()) {
      step(
          "its reader of safetensors adapters does not know " + String.join(", ", unread),
          TO_GGUF + ", and name the file as ADAPTER");
    }
  }

  private void tgi() {
    families(TGI_FAMILIES);
    oneScale();
    if (adapter.someLayers()) {
      refuse(
          "only some blocks are adapted; it drops every module that is not in all of them",
          FUSE,
          "lora.layers=''");
    }
    Set<String> unknown = new TreeSet<>(adapter.targets());
    unknown.removeAll(TGI_MODULES);
    if (!unknown.isEmpty()) {
      refuse("it drops the adapters of " + String.join(", ", unknown), FUSE, "lora.targets");
    }
  }

  private void families(Set<String> known) {
    adapter
        .family()
        .filter(family -> !known.contains(family))
        .ifPresent(family -> refuse("it has no adapters for the family " + family, FUSE, ""));
  }

  /** Servers that read one rank and one alpha for all modules. */
  private void oneScale() {
    if (!adapter.patterns().isEmpty()) {
      refuse(
          String.join(" and ", adapter.patterns()) + " set; it scales all modules alike",
          FUSE,
          "lora.rankPattern={}, lora.alphaPattern={}");
    }
  }

  private void tiedHead() {
    if (adapter.headLora() && adapter.tiedHead()) {
      refuse(
          "the head is adapted and is the embedding's own matrix; it would adapt neither alone",
          FUSE,
          "lora.exclude=[lm_head]");
    }
  }

  private void refuse(String reason, String wayOut, String setting) {
    findings.add(new AdapterFinding(Level.REFUSED, reason, wayOut, setting));
  }

  private void step(String reason, String wayOut) {
    findings.add(new AdapterFinding(Level.STEP, reason, wayOut, ""));
  }

  private void note(String reason, String wayOut) {
    findings.add(new AdapterFinding(Level.NOTE, reason, wayOut, ""));
  }
}
