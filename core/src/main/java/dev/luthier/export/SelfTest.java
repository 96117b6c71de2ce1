package dev.luthier.export;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.eval.Divergence;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufValue;
import dev.luthier.format.GgufWriter;
import dev.luthier.format.Reason;
import dev.luthier.merge.Fuse;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;

/**
 * Whether llama.cpp does with an exported file what we do with what it was made of: the same ids
 * for awkward texts, and next to the same predictions for a text. llama.cpp runs in a process of
 * its own, before our engine, so that one of the two models is in memory at a time.
 *
 * @param gguf the exported model; of an exported adapter, its base
 * @param ggufAdapter an exported adapter
 * @param model the folder or file that it was made of
 * @param adapter the adapter that it was made of, or that was multiplied into it
 * @param threads of the processor, for llama.cpp
 */
public record SelfTest(
    Path gguf, Optional<Path> ggufAdapter, Path model, Optional<Path> adapter, int threads) {
  /** Tokens of the text that both run over. */
  private static final int TOKENS = 256;

  /** How many of them are then continued, and by how many. */
  private static final int PROMPT = 16;

  private static final int GREEDY = 32;

  /** Of ids for a base without a tokenizer. */
  private static final int SEED = 7;

  private static final int[] NOTHING = {};

  private static final Set<String> WITHOUT_GELU = Set.of("llama", "qwen2", "phi3");

  /** What a rejected file's name ends in. */
  static final String REJECTED = ".rejected";

  private static final String TEXT =
      """
      The ferry leaves the harbour at a quarter past seven, and by eight the town is only a row of \
      lights behind it. "Will there be coffee?" she asked. There was: two kinds, both of them cold. \
      In 1987 the crossing took 5 hours and 40 minutes; today it takes less than three, if the wind \
      is not from the north-west. He wrote the numbers down, one under the other:

      1. distance: 128.5 km
      2. speed: 47 km/h
      3. price: 36 euros (a child's ticket costs 18)

      The captain, who had learned her trade on fishing boats, didn't trust the new instruments. She \
      looked at the water, then at the clouds, then at the instruments again, and only then did she \
      turn the wheel. "Machines are good at what has happened before," she said. "The sea isn't."

      def arrival(distance, speed):
          hours = distance / speed
          return int(hours), round(60 * (hours % 1))

      When they came to the island it was raining. A dog sat on the pier, as if it had waited for \
      somebody in particular, and followed the first passenger who spoke to it all the way home.
      """;

  /** One test of a whole exported model. */
  public static SelfTest of(Path gguf, Path model, Optional<Path> adapter) {
    return new SelfTest(
        gguf, Optional.empty(), model, adapter, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Makes the test.
   *
   * @throws LuthierException if llama.cpp does not take the file, or ended its process over it
   */
  public SelfTestReport run() {
    Path folder;
    try {
      folder = Files.createTempDirectory("luthier-self-test");
    } catch (IOException e) {
      throw new LuthierException("no temporary folder for the self-test: " + Reason.of(e), e);
    }
    try {
      return run(folder);
    } catch (IOException e) {
      throw new LuthierException("the self-test could not be made: " + Reason.of(e), e);
    } finally {
      try {
        AtomicFile.deleteTree(folder);
      } catch (IOException e) {
        // it is in the folder for what may be deleted
      }
    }
  }

  /**
   * Makes the test.
   *
   * @throws LuthierException naming what differs
   */
  public SelfTestReport require() {
    return passed(run(), "model");
  }

  static SelfTestReport passed(SelfTestReport report, String what) {
    if (!report.problems().isEmpty()) {
      throw new LuthierException(
          "The exported "
              + what
              + " is not the one that was exported: "
              + String.join("; ", report.problems()));
    }
    return report;
  }

  /**
   * Makes the test, and takes the name from a file that fails it: it then ends in {@code
   * .rejected}.
   *
   * @param output the exported file
   * @throws LuthierException naming what differs
   */
  public SelfTestReport require(Path output) {
    try {
      return require();
    } catch (LuthierException e) {
      throw rejected(output, e);
    }
  }

  static LuthierException rejected(Path output, LuthierException why) {
    String said = String.valueOf(why.getMessage());
    String stop = said.endsWith(".") ? "" : ".";
    return new LuthierException(said + stop + aside(output), why);
  }

  private static String aside(Path output) {
    Path aside = output.resolveSibling(output.getFileName() + REJECTED);
    try {
      Files.move(output, aside, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      return " " + output + " could not be renamed: " + Reason.of(e);
    }
    return " The file is now "
        + aside
        + "; use it for looking at only. See docs/troubleshooting.md#export-differs";
  }

  private SelfTestReport run(Path folder) throws IOException {
    Gguf file = Gguf.open(gguf);
    LlamaLimits limits = LlamaLimits.of(file);
    SelfTestFindings findings = new SelfTestFindings();
    int type = fileType(file);
    double most =
        Math.max(
            SelfTestFindings.most(type),
            ggufAdapter.map(a -> SelfTestFindings.most(fileType(Gguf.open(a)))).orElse(0.0));
    Path rows = folder.resolve("own.f32");
    Text text;
    try (OwnRun own = OwnRun.open(model, adapter, ggufAdapter.isEmpty(), parameters(file))) {
      text = text(own);
      LlamaRequest request = request(own, text, limits, folder);
      LlamaProcess.Answer answer = LlamaProcess.run(request, folder);
      text.prepared().ifPresent(texts -> findings.tokens(texts.with(answer.tokens())));
      own.window().ifPresent(findings::notChecked);
      if (ggufAdapter.isEmpty() && limits.any().isPresent() || !request.hidden()) {
        own.write(text.ids(), text.decoder(), rows);
      }
      if (request.hidden()) {
        Path states = folder.resolve("states.f32");
        own.writeStates(text.ids(), text.decoder(), states);
        String whose = text.decoder().length > 0 ? "the encoder's " : "";
        RowComparison compared = RowComparison.of(states, answer.rows(), text.places(), NOTHING);
        findings.states(whose, compared, most);
        adapter(findings, answer, states, text, NOTHING);
      } else if (limits.all().isEmpty()) {
        findings.predictions(
            "", RowComparison.of(rows, answer.rows(), text.places(), text.next()), most);
        adapter(findings, answer, rows, text, text.next());
        int[] prompt = Arrays.copyOf(text.ids(), request.prompt());
        findings.greedy(GreedyComparison.of(own, prompt, answer.greedy(), folder), exact());
      }
    }
    if (limits.any().isPresent()) {
      findings.notChecked(left(limits));
    }
    if (limits.any().isPresent() && ggufAdapter.isEmpty()) {
      readBack(findings, text, rows, folder.resolve("back.f32"));
    }
    return findings.report();
  }

  static String left(LlamaLimits limits) {
    return (limits.all().isPresent()
            ? "llama.cpp did not run the model, since "
            : "llama.cpp did not run the model's decoder, since ")
        + limits.any().orElseThrow()
        + "; try the file in the llama.cpp that will serve it";
  }

  /** What can be told of a file without llama.cpp: by our own reader, and our own engine. */
  private void readBack(SelfTestFindings findings, Text text, Path rows, Path back)
      throws IOException {
    ModelTensors source =
        adapter
            .<ModelTensors>map(a -> Fuse.of(model, a, Optional.empty(), true).fuser())
            .orElseGet(() -> ModelTensors.of(model));
    findings.stored(StoredComparison.of(source, source.names(), gguf));
    Gguf file = Gguf.open(gguf);
    try (OwnRun own = OwnRun.open(gguf, Optional.empty(), false, parameters(file))) {
      own.write(text.ids(), text.decoder(), back);
    }
    findings.predictions(
        ", run by our own engine",
        RowComparison.of(rows, back, text.places(), text.next()),
        SelfTestFindings.most(fileType(file)));
  }

  /** What matters of an adapter besides: it may change little, and so may what is wrong with it. */
  private void adapter(
      SelfTestFindings findings, LlamaProcess.Answer answer, Path rows, Text text, int[] next)
      throws IOException {
    if (ggufAdapter.isPresent()) {
      findings.effect(
          RowComparison.of(answer.base(), answer.rows(), text.places(), next),
          RowComparison.of(rows, answer.rows(), text.places(), next),
          exact() ? OptionalDouble.of(mostOfLogits()) : OptionalDouble.empty());
    }
  }

  /** Whether nothing is rounded. */
  private boolean exact() {
    return fileType(Gguf.open(gguf)) == 0
        && ggufAdapter.map(a -> fileType(Gguf.open(a))).orElse(0) == 0;
  }

  /** llama.cpp looks GELU up in a table of half floats. */
  private double mostOfLogits() {
    String architecture = Gguf.open(gguf).metadata().text(GgufFamily.ARCHITECTURE).orElse("");
    return WITHOUT_GELU.contains(architecture) ? 1e-3 : 5e-2;
  }

  private LlamaRequest request(OwnRun own, Text text, LlamaLimits limits, Path folder) {
    List<String> texts = text.prepared().map(TokenComparison.Prepared::texts).orElse(List.of());
    if (limits.all().isPresent()) {
      return LlamaRequest.tokens(vocabulary(folder.resolve("vocabulary.gguf")), texts);
    }
    boolean hidden = own.isEncoder() || limits.decoder().isPresent();
    int prompt = Math.min(PROMPT, text.places() / 2);
    boolean continues = !hidden && text.decoder().length == 0;
    return new LlamaRequest(
        gguf,
        ggufAdapter,
        texts,
        text.ids(),
        text.decoder(),
        hidden,
        prompt,
        continues ? Math.min(GREEDY, own.comparable() - prompt) : 0,
        threads);
  }

  /** The file's vocabulary under an architecture that every build knows. */
  private Path vocabulary(Path file) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put(GgufFamily.ARCHITECTURE, GgufValue.of("llama"));
    Gguf.open(gguf)
        .metadata()
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith("tokenizer.")) {
                metadata.put(key, value);
              }
            });
    GgufWriter.write(file, metadata, List.of());
    return file;
  }

  private static int fileType(Gguf file) {
    return file.metadata().integer("general.file_type").orElse(0L).intValue();
  }

  private static long parameters(Gguf file) {
    return file.tensors().values().stream().mapToLong(GgufTensor::elements).sum();
  }

  /**
   * What both read.
   *
   * @param prepared texts to tokenize; empty of an adapter, whose file has no vocabulary
   * @param ids of one text
   * @param decoder what a decoder beside an encoder reads
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Text(Optional<TokenComparison.Prepared> prepared, int[] ids, int[] decoder) {
    int places() {
      return ids.length;
    }

    /** A decoder beside an encoder predicts the id at its own place: what it reads is shifted. */
    int[] next() {
      return decoder.length == 0 ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
    }
  }

  private Text text(OwnRun own) {
    int length = Math.min(TOKENS, own.comparable());
    Optional<Tokenizer> tokenizer =
        ggufAdapter.isEmpty() || TokenizerSource.in(model).isPresent()
            ? Optional.of(Tokenizer.load(tokenizerSource()))
            : Optional.empty();
    int[] ids =
        tokenizer
            .map(t -> Arrays.stream(Divergence.slice(t, TEXT, length)).mapToInt(id -> (int) id))
            .orElseGet(() -> new Random(SEED).ints(length, 0, own.vocabulary()))
            .toArray();
    Optional<TokenComparison.Prepared> prepared =
        tokenizer
            .filter(t -> ggufAdapter.isEmpty())
            .map(t -> TokenComparison.Prepared.of(t, TokenComparison.kind(gguf)));
    return new Text(prepared, ids, own.decoder(ids));
  }

  /** An adapter that is multiplied in may have been trained with a tokenizer of its own. */
  private Path tokenizerSource() {
    return adapter
        .filter(a -> ggufAdapter.isEmpty() && TokenizerSource.in(a).isPresent())
        .orElse(model);
  }
}
