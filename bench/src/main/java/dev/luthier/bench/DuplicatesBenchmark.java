package dev.luthier.bench;

import dev.luthier.data.duplicates.Clusters;
import dev.luthier.data.duplicates.DuplicateFinder;
import dev.luthier.data.duplicates.DuplicateSettings;
import dev.luthier.data.duplicates.Signature;
import dev.luthier.data.duplicates.Signer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Looks for exact and near-duplicates among the lines of a made file, two threads signing. Prints a
 * line of the table in docs/benchmarks.md: rows, seconds to read and add them, seconds to cluster
 * them, rows per second, copies, near-duplicates. After the build that this package's page has:
 *
 * <pre>
 * java -Xmx1g -cp bench/target/classes:$(cat bench/target/classpath) \
 *   dev.luthier.bench.DuplicatesBenchmark 100000
 * </pre>
 */
public final class DuplicatesBenchmark {
  private static final int THREADS = 2;
  private static final int WARM_UP = 20_000;
  private static final int PIECE = 500;

  private DuplicatesBenchmark() {}

  /**
   * Runs it once for warming up and once for the line.
   *
   * @param args the number of rows
   */
  public static void main(String[] args)
      throws IOException, InterruptedException, ExecutionException {
    measure(WARM_UP);
    System.out.println(measure(Integer.parseInt(args[0])));
  }

  private static String measure(int rows)
      throws IOException, InterruptedException, ExecutionException {
    Path folder = Files.createTempDirectory("duplicates");
    Path texts = folder.resolve("texts");
    try (DuplicateFinder finder = DuplicateFinder.open(DuplicateSettings.defaults(), folder)) {
      MadeTexts.write(rows, texts);
      long start = System.nanoTime();
      add(texts, finder);
      long added = System.nanoTime();
      Clusters found = finder.cluster((done, total) -> {}, () -> false);
      long end = System.nanoTime();
      return String.format(
          Locale.ROOT,
          "| %,d | %.2f s | %.2f s | %,.0f | %,d | %,d |",
          rows,
          (added - start) / 1e9,
          (end - added) / 1e9,
          rows * 1e9 / (end - start),
          found.copies(),
          rows - found.copies() - found.staying());
    } finally {
      Files.deleteIfExists(texts);
      Files.delete(folder);
    }
  }

  private static void add(Path texts, DuplicateFinder finder)
      throws IOException, InterruptedException, ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    Queue<Future<List<Signature>>> signing = new ArrayDeque<>();
    Signer signer = finder.signer();
    try (BufferedReader in = Files.newBufferedReader(texts)) {
      List<String> lines = piece(in);
      while (!lines.isEmpty() || !signing.isEmpty()) {
        if (!lines.isEmpty()) {
          List<String> now = lines;
          signing.add(pool.submit(() -> now.stream().map(signer::sign).toList()));
          lines = piece(in);
        }
        if (lines.isEmpty() || signing.size() > 2 * THREADS) {
          signing.remove().get().forEach(finder::add);
        }
      }
    } finally {
      pool.shutdown();
    }
  }

  private static List<String> piece(BufferedReader in) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      lines.add(line);
      if (lines.size() == PIECE) {
        break;
      }
    }
    return lines;
  }
}
