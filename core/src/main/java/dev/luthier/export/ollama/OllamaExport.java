package dev.luthier.export.ollama;

import dev.luthier.LuthierException;
import dev.luthier.export.AdapterCheck;
import dev.luthier.export.AdapterFinding;
import dev.luthier.export.AdapterVerdict;
import dev.luthier.export.GgufFileType;
import dev.luthier.export.GgufLora;
import dev.luthier.export.Server;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufMetadata;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerSource;
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
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The folder that {@code ollama create} takes: a GGUF file and the Modelfile that runs it as it was
 * trained.
 *
 * @param words folders, or a GGUF file, for tokenizer, chat template and generation settings; of
 *     each the first counts that has it
 * @param adapter a PEFT folder that Ollama is to apply itself
 * @param system a system prompt for conversations without one
 * @param template a TEMPLATE of the user's own, instead of the learned one
 * @param context tokens of context that Ollama is to hold
 */
public record OllamaExport(
    List<Path> words,
    Optional<Path> adapter,
    Optional<String> system,
    Optional<Path> template,
    OptionalInt context) {
  /** Copies the list. */
  public OllamaExport {
    words = List.copyOf(words);
  }

  /** The file's name in the folder. */
  public static final String MODELFILE = "Modelfile";

  private static final String GGUF = "model.gguf";
  private static final String ADAPTER = "adapter.gguf";

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
   * @throws LuthierException if no TEMPLATE prints what the chat template prints, or Ollama does
   *     not take the adapter
   */
  public Result run(GgufMaker gguf, Path output) {
    if (Files.exists(output)) {
      throw new LuthierException(output + " is there already; choose a new folder with --output");
    }
    List<String> notes = new ArrayList<>();
    adapter.ifPresent(folder -> check(folder, notes));
    Tokenizer tokenizer = Tokenizer.load(first(f -> TokenizerSource.in(f).isPresent()));
    Words served = new Words(tokenizer, jinja(tokenizer), template);
    // Before the long work: what cannot be proven now cannot be later.
    served.template(tokenizer.addBosToken());
    List<Words.Template> made = new ArrayList<>();
    AtomicFile.writeFolder(
        output,
        folder -> {
          Path file = folder.resolve(GGUF);
          gguf.make(file);
          made.add(served.template(addsBos(Gguf.open(file).metadata())));
          adapter.ifPresent(
              from -> new GgufLora(file, from, GgufFileType.F32).run(folder.resolve(ADAPTER)));
          Modelfile modelfile =
              new Modelfile(
                  "./" + GGUF,
                  adapter.map(from -> "./" + ADAPTER),
                  made.get(0).source(),
                  parameters(tokenizer, Gguf.open(file).metadata()),
                  system,
                  license());
          AtomicFile.writeText(folder.resolve(MODELFILE), modelfile.text());
        });
    notes.addAll(made.get(0).notes());
    return new Result(made.get(0).proven(), notes);
  }

  private Path first(Predicate<Path> has) {
    return words.stream()
        .filter(Files::isDirectory)
        .filter(has)
        .findFirst()
        .orElseGet(() -> words.get(words.size() - 1));
  }

  private Optional<String> jinja(Tokenizer tokenizer) {
    return ChatTemplates.source(words.stream().filter(Files::isDirectory).toList())
        .or(() -> tokenizer.chatTemplateSource(false));
  }

  private void check(Path folder, List<String> notes) {
    Path base = words.get(words.size() - 1);
    AdapterVerdict verdict =
        AdapterCheck.of(folder, Optional.of(base)).verdicts(List.of(Server.OLLAMA)).get(0);
    if (verdict.refuses()) {
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
    verdict.findings().stream()
        .filter(f -> f.level() == AdapterFinding.Level.NOTE)
        .forEach(f -> notes.add("the adapter: " + f.reason() + "; " + f.wayOut()));
  }

  /** Whether the server puts the BOS before every text. */
  private static boolean addsBos(GgufMetadata metadata) {
    return metadata
        .flag("tokenizer.ggml.add_bos_token")
        .orElseGet(() -> metadata.text("tokenizer.ggml.model").filter("llama"::equals).isPresent());
  }

  private List<Modelfile.Parameter> parameters(Tokenizer tokenizer, GgufMetadata metadata) {
    List<Modelfile.Parameter> out = new ArrayList<>();
    Path from = first(f -> Files.exists(f.resolve(HfFolder.GENERATION_CONFIG)));
    GenerationConfig generation =
        Files.isDirectory(from)
            ? GenerationConfig.read(from)
            : GenerationConfig.of(Json.object(), from.toString());
    stops(tokenizer, generation, metadata)
        .forEach(s -> out.add(new Modelfile.Parameter("stop", s)));
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
    context(metadata)
        .ifPresent(c -> out.add(new Modelfile.Parameter("num_ctx", Integer.toString(c))));
    return out;
  }

  private static void number(List<Modelfile.Parameter> out, String name, OptionalDouble value) {
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
  private OptionalInt context(GgufMetadata metadata) {
    if (context.isPresent()) {
      return context;
    }
    Optional<Long> most =
        metadata
            .text("general.architecture")
            .flatMap(architecture -> metadata.integer(architecture + ".context_length"))
            .filter(length -> length < USUAL_CONTEXT);
    return most.isPresent() ? OptionalInt.of(most.get().intValue()) : OptionalInt.empty();
  }

  /** The texts of all tokens that end an answer. */
  private static Set<String> stops(
      Tokenizer tokenizer, GenerationConfig generation, GgufMetadata metadata) {
    Set<String> out = new LinkedHashSet<>();
    List<Integer> ids = new ArrayList<>(generation.eosTokenIds());
    tokenizer.eosId().ifPresent(ids::add);
    for (String key : List.of("eot", "eom")) {
      metadata
          .integer("tokenizer.ggml." + key + "_token_id")
          .ifPresent(id -> ids.add(id.intValue()));
    }
    for (int id : ids) {
      if (tokenizer.isToken(id)) {
        out.add(tokenizer.token(id));
      }
    }
    return out;
  }

  private Optional<String> license() {
    Path model = words.get(words.size() - 1);
    return Stream.of("LICENSE", "LICENSE.txt", "LICENSE.md")
        .map(name -> Files.isDirectory(model) ? model.resolve(name) : model.resolveSibling(name))
        .filter(Files::isRegularFile)
        .findFirst()
        .map(OllamaExport::read);
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }
}
