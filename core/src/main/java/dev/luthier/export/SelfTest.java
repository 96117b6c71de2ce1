package dev.luthier.export;

import dev.luthier.LuthierException;
import dev.luthier.eval.Divergence;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;

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
    SelfTestReport report = run();
    if (!report.problems().isEmpty()) {
      throw new LuthierException(
          "The exported model is not the one that was exported: "
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
      throw new LuthierException(e.getMessage() + rejected(output), e);
    }
  }

  private static String rejected(Path output) {
    Path aside = output.resolveSibling(output.getFileName() + REJECTED);
    try {
      Files.move(output, aside, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      return ". " + output + " could not be renamed: " + Reason.of(e);
    }
    return ". The file is now "
        + aside
        + "; use it for looking at only. See docs/troubleshooting.md#export-differs";
  }

  private SelfTestReport run(Path folder) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(tokenizerSource());
    TokenComparison.Prepared prepared =
        TokenComparison.Prepared.of(tokenizer, TokenComparison.kind(gguf));
    Gguf file = Gguf.open(gguf);
    long parameters = file.tensors().values().stream().mapToLong(GgufTensor::elements).sum();
    try (OwnRun own = OwnRun.open(model, adapter, parameters)) {
      int[] ids = text(tokenizer, own.contextLength());
      int[] decoder = own.decoder(ids);
      int prompt = Math.min(PROMPT, ids.length / 2);
      boolean continues = !own.isEncoder() && decoder.length == 0;
      int greedy = continues ? Math.min(GREEDY, own.contextLength() - prompt) : 0;
      LlamaProcess.Answer answer =
          LlamaProcess.run(
              new LlamaRequest(
                  gguf,
                  ggufAdapter,
                  prepared.texts(),
                  ids,
                  decoder,
                  own.isEncoder(),
                  prompt,
                  greedy,
                  threads),
              folder);
      Path rows = folder.resolve("own.f32");
      own.write(ids, decoder, rows);
      // A decoder beside an encoder predicts the id at its own place: what it reads is shifted.
      int[] next = decoder.length == 0 ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
      return SelfTestReport.of(
          prepared.with(answer.tokens()),
          RowComparison.of(rows, answer.rows(), ids.length, own.isEncoder() ? new int[0] : next),
          GreedyComparison.of(own, Arrays.copyOf(ids, prompt), answer.greedy(), folder),
          file.metadata().integer("general.file_type").orElse(0L).intValue());
    }
  }

  /** An adapter may have been trained with a tokenizer of its own. */
  private Path tokenizerSource() {
    return adapter.filter(a -> TokenizerSource.in(a).isPresent()).orElse(model);
  }

  private static int[] text(Tokenizer tokenizer, int contextLength) {
    long[] ids = Divergence.slice(tokenizer, TEXT, Math.min(TOKENS, contextLength));
    return Arrays.stream(ids).mapToInt(id -> (int) id).toArray();
  }
}
