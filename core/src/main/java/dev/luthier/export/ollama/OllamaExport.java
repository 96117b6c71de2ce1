package dev.luthier.export.ollama;

import dev.luthier.LuthierException;
import dev.luthier.export.AdapterCheck;
import dev.luthier.export.AdapterFinding;
import dev.luthier.export.AdapterVerdict;
import dev.luthier.export.Server;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufMetadata;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder that {@code ollama create} takes: a GGUF file and the Modelfile that runs it as it was
 * trained.
 *
 * @param words the folder or GGUF file whose tokenizer, chat template and generation settings count
 * @param adapter a PEFT folder that Ollama is to apply itself
 * @param system a system prompt for conversations without one
 * @param template a TEMPLATE of the user's own, instead of the learned one
 * @param context tokens of context that Ollama is to hold
 */
public record OllamaExport(
    Path words,
    Optional<Path> adapter,
    Optional<String> system,
    Optional<Path> template,
    OptionalInt context) {
  /** The file's name in the folder. */
  public static final String MODELFILE = "Modelfile";

  private static final String GGUF = "model.gguf";
  private static final String ADAPTER = "adapter";

  /** Without a chat template the text goes to the model as it is. */
  private static final String PLAIN = "{{ .Prompt }}";

  /** Tokens of context that Ollama holds unless told otherwise. */
  private static final int USUAL_CONTEXT = 4096;

  /** Puts a GGUF file where it is told. */
  @FunctionalInterface
  public interface GgufMaker {
    /** Writes or links the file. */
    void make(Path target);
  }

  /**
   * What was written.
   *
   * @param proven the learned template; empty without a chat template, or with one's own
   * @param notes what is to be known about it
   */
  public record Result(Optional<ProvenTemplate> proven, List<String> notes) {
    /** Copies the list. */
    public Result {
      notes = List.copyOf(notes);
    }
  }

  /** A GGUF file that is there: linked where the file system can, copied where it cannot. */
  public static GgufMaker linked(Path gguf) {
    return target -> {
      try {
        Files.createLink(target, gguf.toRealPath());
      } catch (UnsupportedOperationException | IOException e) {
        AtomicFile.copy(gguf, target);
      }
    };
  }

  /**
   * Writes the folder, whole or not at all.
   *
   * @param gguf makes the model's file
   * @param output a folder that is not there yet
   * @throws LuthierException if no TEMPLATE prints what the chat template prints, or Ollama does not
   *     take the adapter
   */
  public Result run(GgufMaker gguf, Path output) {
    if (Files.exists(output)) {
      throw new LuthierException(output + " is there already; choose a new folder with --output");
    }
    List<String> notes = new ArrayList<>();
    adapter.ifPresent(folder -> check(folder, notes));
    Tokenizer tokenizer = Tokenizer.load(words);
    Optional<String> jinja = tokenizer.chatTemplateSource(false);
    String bos = bos(tokenizer);
    Optional<ProvenTemplate> proven =
        template.isPresent()
            ? Optional.empty()
            : jinja.map(j -> ProvenTemplate.of(j, tokenizer.specialTokensForTemplate(), bos));
    String source =
        template
            .map(file -> own(file, tokenizer, bos, notes))
            .or(() -> proven.map(ProvenTemplate::source))
            .orElse(PLAIN);
    proven.ifPresent(p -> notes.addAll(p.unlike()));
    if (jinja.isEmpty() && template.isEmpty()) {
      notes.add("the model has no chat template: Ollama gives it the text as it is");
    }
    Modelfile modelfile =
        new Modelfile(
            "./" + GGUF,
            adapter.map(folder -> "./" + ADAPTER),
            source,
            parameters(tokenizer),
            system,
            license());
    AtomicFile.writeFolder(
        output,
        folder -> {
          gguf.make(folder.resolve(GGUF));
          adapter.ifPresent(from -> copy(from, folder.resolve(ADAPTER)));
          AtomicFile.writeText(folder.resolve(MODELFILE), modelfile.text());
        });
    return new Result(proven, notes);
  }

  private static void check(Path folder, List<String> notes) {
    AdapterVerdict verdict =
        AdapterCheck.of(folder, Optional.empty()).verdicts(List.of(Server.OLLAMA)).get(0);
    if (verdict.level() != AdapterFinding.Level.NOTE) {
      AdapterFinding worst = verdict.findings().get(0);
      throw new LuthierException(
          "Ollama cannot apply "
              + folder
              + " itself: "
              + worst.reason()
              + ". Export it multiplied into its base: luthier export ollama --model BASE --adapter "
              + folder
              + ". See docs/check-adapter.md");
    }
    verdict.findings().forEach(f -> notes.add("the adapter: " + f.reason() + "; " + f.wayOut()));
  }

  /** What the server puts before every text: the BOS, where the GGUF's metadata ask for it. */
  private String bos(Tokenizer tokenizer) {
    boolean adds =
        HfFolder.kind(words) == HfFolder.Kind.GGUF
            ? addsBos(Gguf.open(words).metadata())
            : tokenizer.addBosToken();
    return adds ? tokenizer.bosToken().orElse("") : "";
  }

  private static boolean addsBos(GgufMetadata metadata) {
    return metadata
        .flag("tokenizer.ggml.add_bos_token")
        .orElseGet(() -> metadata.text("tokenizer.ggml.model").filter("llama"::equals).isPresent());
  }

  /** A template of the user's own is compared too, but taken in any case. */
  private static String own(Path file, Tokenizer tokenizer, String bos, List<String> notes) {
    String source = read(file);
    tokenizer
        .chatTemplateSource(false)
        .map(j -> ProvenTemplate.differences(j, tokenizer.specialTokensForTemplate(), bos, source))
        .filter(differences -> !differences.isEmpty())
        .ifPresent(
            d ->
                notes.add(
                    file + " prints " + d.size() + " of the test conversations otherwise than the"
                        + " model's chat template, such as\n" + d.get(0)));
    return source;
  }

  private List<Modelfile.Parameter> parameters(Tokenizer tokenizer) {
    List<Modelfile.Parameter> out = new ArrayList<>();
    boolean folder = Files.isDirectory(words);
    GenerationConfig generation =
        folder ? GenerationConfig.read(words) : GenerationConfig.of(Json.object(), words.toString());
    stops(tokenizer, generation).forEach(s -> out.add(new Modelfile.Parameter("stop", s)));
    if (generation.doSample().filter(sample -> !sample).isPresent()) {
      out.add(new Modelfile.Parameter("temperature", "0"));
    } else {
      number(out, "temperature", generation.temperature());
    }
    generation
        .topK()
        .ifPresent(k -> out.add(new Modelfile.Parameter("top_k", Integer.toString(k))));
    number(out, "top_p", generation.topP());
    number(out, "min_p", generation.minP());
    number(out, "repeat_penalty", generation.repetitionPenalty());
    context(folder)
        .ifPresent(c -> out.add(new Modelfile.Parameter("num_ctx", Integer.toString(c))));
    return out;
  }

  private static void number(
      List<Modelfile.Parameter> out, String name, OptionalDouble value) {
    value.ifPresent(
        v ->
            out.add(
                new Modelfile.Parameter(
                    name,
                    v == Math.rint(v) && Math.abs(v) < 1e9
                        ? String.format(Locale.ROOT, "%.1f", v)
                        : Double.toString(v))));
  }

  /** Where one is asked for, or where the model has less than Ollama would take. */
  private OptionalInt context(boolean folder) {
    if (context.isPresent() || !folder) {
      return context;
    }
    int most =
        Json.readIfThere(words.resolve(HfFolder.CONFIG))
            .map(c -> c.path("max_position_embeddings").asInt(USUAL_CONTEXT))
            .orElse(USUAL_CONTEXT);
    return most < USUAL_CONTEXT ? OptionalInt.of(most) : OptionalInt.empty();
  }

  /** The texts of all tokens that end an answer. */
  private Set<String> stops(Tokenizer tokenizer, GenerationConfig generation) {
    Set<String> out = new LinkedHashSet<>();
    List<Integer> ids = new ArrayList<>(generation.eosTokenIds());
    tokenizer.eosId().ifPresent(ids::add);
    if (HfFolder.kind(words) == HfFolder.Kind.GGUF) {
      GgufMetadata metadata = Gguf.open(words).metadata();
      for (String key : List.of("eot", "eom")) {
        metadata
            .integer("tokenizer.ggml." + key + "_token_id")
            .ifPresent(id -> ids.add(id.intValue()));
      }
    }
    for (int id : ids) {
      if (tokenizer.isToken(id)) {
        out.add(tokenizer.token(id));
      }
    }
    return out;
  }

  private Optional<String> license() {
    return Stream.of("LICENSE", "LICENSE.txt", "LICENSE.md")
        .map(name -> Files.isDirectory(words) ? words.resolve(name) : words.resolveSibling(name))
        .filter(Files::isRegularFile)
        .findFirst()
        .map(OllamaExport::read);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static void copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
    } catch (IOException e) {
      throw new LuthierException(to + " cannot be created: " + Reason.of(e), e);
    }
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      AtomicFile.copy(from.resolve(name), to.resolve(name));
    }
  }
}
