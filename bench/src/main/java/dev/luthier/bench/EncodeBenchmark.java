package dev.luthier.bench;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Example;
import dev.luthier.data.Row;
import dev.luthier.data.SftEncoder;
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
 * How much of the tokenizer library's own throughput is left when rows become tokens and labels.
 *
 * <p>Both sides see the same rendered texts on the same threads, in turn: the library alone gives
 * ids (its native methods and nothing else), Luthier renders each row, tokenizes it, finds its
 * trained turns and labels its tokens.
 *
 * <pre>
 * java -cp ... dev.luthier.bench.EncodeBenchmark [TOKENIZER_FOLDER ROWS.json [TEMPLATE ...]]
 * </pre>
 *
 * <p>{@code ROWS.json} is a list of Alpaca rows, of which the first 1,200 are taken. Without
 * arguments a tokenizer of 8,000 tokens is trained on invented text and the rows are invented too.
 */
public final class EncodeBenchmark {
  private static final int ROUNDS = 15;
  private static final int WARM_UP = 15;
  private static final int ROWS = 1200;
  private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

  private final SftEncoder encoder;
  private final List<Row> rows;
  private final List<String> texts;
  private final long handle;

  private EncodeBenchmark(Path folder, List<Row> rows, String template) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(folder);
    this.rows = rows;
    this.encoder =
        new SftEncoder(
            tokenizer, ChatTemplates.encoder(tokenizer, template), TrainOn.ASSISTANT, Set.of());
    this.texts = rows.stream().map(row -> encoder.encode(row).text()).toList();
    this.handle =
        LIBRARY.createTokenizerFromString(Files.readString(folder.resolve("tokenizer.json")));
  }

  /** Prints tokens per second of both, and the ratio. */
  public static void main(String... args) throws IOException {
    Path folder = args.length > 0 ? Path.of(args[0]) : invent(Files.createTempDirectory("encode"));
    List<Row> rows = args.length > 1 ? read(Path.of(args[1])) : invented(ROWS);
    List<String> templates =
        args.length > 2 ? List.of(args).subList(2, args.length) : List.of("chatml", "llama3");
    System.out.printf(
        Locale.ROOT,
        "%-10s %8s %18s %18s %7s%n",
        "template",
        "threads",
        "library tokens/s",
        "luthier tokens/s",
        "ratio");
    for (String template : templates) {
      EncodeBenchmark benchmark = new EncodeBenchmark(folder, rows, template);
      for (int threads : new int[] {1, 2}) {
        benchmark.run(template, threads);
      }
    }
  }

  private void run(String template, int threads) {
    double[] library = new double[ROUNDS];
    double[] luthier = new double[ROUNDS];
    double[] ratios = new double[ROUNDS];
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      // in turn, each first in every other round: the machine's own ups and downs touch both
      boolean first = round % 2 == 0;
      double before = first ? tokensPerSecond(threads, this::byLibrary) : 0;
      double whole = tokensPerSecond(threads, this::byLuthier);
      double alone = first ? before : tokensPerSecond(threads, this::byLibrary);
      if (round >= 0) {
        library[round] = alone;
        luthier[round] = whole;
        ratios[round] = whole / alone;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-10s %8d %,18.0f %,18.0f %7.3f%n",
        template,
        threads,
        median(library),
        median(luthier),
        median(ratios));
  }

  private int byLibrary(int row) {
    long encoding = LIBRARY.encode(handle, texts.get(row), false);
    int tokens = LIBRARY.getTokenIds(encoding).length;
    LIBRARY.deleteEncoding(encoding);
    return tokens;
  }

  private int byLuthier(int row) {
    return encoder.encode(rows.get(row)).sequence().length();
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

  private static List<Row> read(Path file) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (JsonNode row : new ObjectMapper().readTree(file.toFile())) {
      rows.add(
          row(
              rows.size() + 1,
              row.path("instruction").asText(),
              row.path("input").asText(),
              row.path("output").asText()));
    }
    rows.removeIf(row -> ((Example.Instruction) row.example()).output().isBlank());
    return rows.subList(0, Math.min(ROWS, rows.size()));
  }

  private static Row row(int number, String instruction, String input, String output) {
    return new Row(number, new Example.Instruction(instruction, input, output, "", List.of()));
  }

  private static List<Row> invented(int count) {
    SplittableRandom random = new SplittableRandom(1);
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      rows.add(row(i, text(random, 15), i % 3 == 0 ? text(random, 20) : "", text(random, 60)));
    }
    return rows;
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
