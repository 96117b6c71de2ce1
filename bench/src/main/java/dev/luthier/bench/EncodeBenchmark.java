package dev.luthier.bench;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Packing;
import dev.luthier.data.Row;
import dev.luthier.data.RowRefused;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerRoles;
import dev.luthier.tokenizer.TokenizerWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntUnaryOperator;

/**
 * How fast data becomes what a trainer eats, against the tokenizer library's own throughput.
 *
 * <p>All see the same rendered texts and the same number of threads, in turn, and begin with what
 * they remember of earlier texts empty:
 *
 * <ul>
 *   <li><i>library</i>: ids from the library's native methods, of texts rendered beforehand;
 *   <li><i>rows</i>: Luthier renders each row, tokenizes it, finds its trained turns and labels its
 *       tokens;
 *   <li><i>file</i>: the same from a JSON file to packed sequences of 2,048 tokens.
 * </ul>
 *
 * <pre>
 * java -cp ... dev.luthier.bench.EncodeBenchmark [TOKENIZER_FOLDER ROWS.json [TEMPLATE ...]]
 * </pre>
 *
 * <p>{@code ROWS.json} is a list of Alpaca rows. Without arguments a tokenizer of 8,000 tokens is
 * trained on invented text and the rows are invented too.
 */
public final class EncodeBenchmark {
  private static final int ROUNDS = 7;
  private static final int WARM_UP = 2;
  private static final int INVENTED_ROWS = 5000;
  private static final int SEQUENCE = 2048;
  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Path file;
  private final String template;
  private final List<Row> rows;
  private final List<String> texts;

  private EncodeBenchmark(Path folder, Path file, String template) {
    this.folder = folder;
    this.file = file;
    this.template = template;
    SftEncoder encoder = encoder();
    this.rows = new ArrayList<>();
    this.texts = new ArrayList<>();
    for (Row row : ExampleReader.read(file).rows()) {
      try {
        texts.add(encoder.encode(row).text());
        rows.add(row);
      } catch (RowRefused e) {
        // a row with an empty answer
      }
    }
  }

  private SftEncoder encoder() {
    Tokenizer tokenizer = Tokenizer.load(folder);
    return new SftEncoder(
        tokenizer, ChatTemplates.encoder(tokenizer, template), TrainOn.ASSISTANT, Set.of());
  }

  /** Prints tokens per second of all three, and their ratios to the library's. */
  public static void main(String... args) throws IOException {
    Path scratch = Files.createTempDirectory("encode");
    Path folder = args.length > 0 ? Path.of(args[0]) : invent(scratch);
    Path file = args.length > 1 ? Path.of(args[1]) : invented(scratch.resolve("rows.json"));
    List<String> templates =
        args.length > 2 ? List.of(args).subList(2, args.length) : List.of("chatml", "llama3");
    System.out.println("tokens/s            library        rows  ratio        file  ratio");
    for (String template : templates) {
      EncodeBenchmark benchmark = new EncodeBenchmark(folder, file, template);
      for (int threads : new int[] {1, 2}) {
        benchmark.run(threads);
      }
    }
  }

  private void run(int threads) throws IOException {
    double[][] speeds = new double[3][ROUNDS];
    double[][] ratios = new double[3][ROUNDS];
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      double[] speed = new double[3];
      for (int i = 0; i < 3; i++) {
        // each is first in turn: the machine's own ups and downs touch all
        int which = Math.floorMod(round + i, 3);
        speed[which] =
            which == 0 ? library(threads) : which == 1 ? rows(threads) : packedFile(threads);
      }
      for (int i = 0; i < 3 && round >= 0; i++) {
        speeds[i][round] = speed[i];
        ratios[i][round] = speed[i] / speed[0];
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-8s %d %,16.0f %,11.0f %6.2f %,11.0f %6.2f%n",
        template,
        threads,
        median(speeds[0]),
        median(speeds[1]),
        median(ratios[1]),
        median(speeds[2]),
        median(ratios[2]));
  }

  private double library(int threads) throws IOException {
    String json = Files.readString(folder.resolve("tokenizer.json"));
    long handle = LIBRARY.createTokenizerFromString(json);
    try {
      return tokensPerSecond(
          threads,
          row -> {
            long encoding = LIBRARY.encode(handle, texts.get(row), false);
            int tokens = LIBRARY.getTokenIds(encoding).length;
            LIBRARY.deleteEncoding(encoding);
            return tokens;
          });
    } finally {
      LIBRARY.deleteTokenizer(handle);
    }
  }

  private double rows(int threads) {
    SftEncoder encoder = encoder();
    return tokensPerSecond(threads, row -> encoder.encode(rows.get(row)).sequence().length());
  }

  private double packedFile(int threads) {
    DataPipeline pipeline =
        new DataPipeline(
            encoder(),
            new ExampleReader(Format.AUTO),
            BadRows.SKIP,
            Overflow.TRUNCATE,
            SEQUENCE,
            threads);
    long start = System.nanoTime();
    List<TokenSequence> sequences = pipeline.prepare(file).sequences();
    int[] lengths = sequences.stream().mapToInt(TokenSequence::length).toArray();
    long tokens = 0;
    for (int[] row : Packing.bestFit(lengths, SEQUENCE)) {
      for (int sequence : row) {
        tokens += lengths[sequence];
      }
    }
    return tokens / ((System.nanoTime() - start) * 1e-9);
  }

  private double tokensPerSecond(int threads, IntUnaryOperator encode) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      long start = System.nanoTime();
      List<Future<Long>> parts = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int first = thread;
        parts.add(
            pool.submit(
                () -> {
                  long tokens = 0;
                  for (int row = first; row < texts.size(); row += threads) {
                    tokens += encode.applyAsInt(row);
                  }
                  return tokens;
                }));
      }
      long tokens = 0;
      for (Future<Long> part : parts) {
        tokens += part.get();
      }
      return tokens / ((System.nanoTime() - start) * 1e-9);
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      pool.shutdown();
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static Path invented(Path file) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    ArrayNode rows = JSON.createArrayNode();
    for (int i = 0; i < INVENTED_ROWS; i++) {
      rows.addObject()
          .put("instruction", text(random, 15))
          .put("input", i % 3 == 0 ? text(random, 20) : "")
          .put("output", text(random, 60));
    }
    JSON.writeValue(file.toFile(), rows);
    return file;
  }

  /** Words of two to four syllables. */
  private static String text(SplittableRandom random, int most) {
    StringBuilder text = new StringBuilder();
    for (int word = random.nextInt(most / 2, most); word > 0; word--) {
      for (int syllable = random.nextInt(1, 4); syllable > 0; syllable--) {
        text.append("bdfgklmnprstvz".charAt(random.nextInt(14)));
        text.append("aeiou".charAt(random.nextInt(5)));
      }
      text.append(word == 1 ? "." : random.nextInt(9) == 0 ? ", " : " ");
    }
    return text.toString();
  }

  private static Path invent(Path folder) {
    List<String> special =
        List.of(
            "<|endoftext|>",
            "<|im_start|>",
            "<|im_end|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>");
    SplittableRandom random = new SplittableRandom(2);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      texts.add(text(random, 80));
    }
    Optional<String> end = Optional.of("<|endoftext|>");
    TokenizerWriter.write(
        new BpeTrainer(8000, special, 2).train(texts.stream()),
        new TokenizerRoles(Optional.empty(), end, end, false, 4096, Optional.empty()),
        folder);
    return folder;
  }
}
