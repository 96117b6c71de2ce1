package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * From files to token sequences: reads, encodes all rows (several at a time, order kept), refuses
 * what cannot be used, makes long rows fit, and accounts for all of it.
 *
 * @param format what the rows are
 * @param overflow what happens to rows longer than {@code maxLength}
 * @param maxLength tokens per sequence
 * @param threads that encode
 */
public record DataPipeline(
    SftEncoder encoder, Format format, Overflow overflow, int maxLength, int threads) {
  /** Rows that one thread takes at a time. */
  private static final int CHUNK = 64;

  public DataPipeline {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
  }

  /** As the settings say, on all processors. */
  public static DataPipeline of(SftEncoder encoder, DataSettings settings) {
    return new DataPipeline(
        encoder,
        settings.format(),
        settings.overflow(),
        settings.maxLength(),
        Runtime.getRuntime().availableProcessors());
  }

  /**
   * For pre-training on raw text: long documents are continued in further sequences.
   *
   * @param encoder without a chat template
   */
  public static DataPipeline ofTexts(SftEncoder encoder, int maxLength) {
    return new DataPipeline(
        encoder,
        Format.TEXT,
        Overflow.SPLIT,
        maxLength,
        Runtime.getRuntime().availableProcessors());
  }

  /** As {@link #prepare(List)}, for one file. */
  public TrainingData prepare(Path file) {
    return prepare(List.of(file));
  }

  /**
   * Reads and encodes everything.
   *
   * @return sequences in the order of the files and their rows
   * @throws LuthierException a file cannot be read, or more than 1 % of the rows are refused, or
   *     are too long with {@code overflow = error}, or nothing is left
   */
  public TrainingData prepare(List<Path> files) {
    return prepare(files, true, row -> {});
  }

  /**
   * The same without the limits of 1 %, for looking at data that is not in order yet.
   *
   * @param look is shown each row as it is encoded, in order
   */
  TrainingData survey(Path file, Consumer<EncodedRow> look) {
    return prepare(List.of(file), false, look);
  }

  private TrainingData prepare(List<Path> files, boolean strict, Consumer<EncodedRow> look) {
    Account account = new Account();
    List<TokenSequence> encoded = new ArrayList<>();
    String names = String.join(", ", files.stream().map(Path::toString).toList());
    for (Path path : files) {
      DataFile file = ExampleReader.read(path, format);
      account.file(file);
      encodeAll(
          file.rows(),
          outcome -> {
            if (outcome instanceof Refusal refusal) {
              account.refused.add(refusal);
            } else if (outcome instanceof EncodedRow row) {
              account.row(row);
              encoded.add(row.sequence());
              look.accept(row);
            }
          });
    }
    account.refused.sort(Comparator.comparingInt(Refusal::row));
    OverflowRule rule = new OverflowRule(overflow, maxLength);
    if (strict) {
      RefusedRows.check(account.refused, account.rows, names);
      rule.check(encoded, account.rows);
    }
    OverflowRule.Result fitted = rule.apply(encoded);
    if (strict && fitted.sequences().isEmpty()) {
      throw new LuthierException("No row of " + names + " is left to train on.");
    }
    return new TrainingData(fitted.sequences(), account.report(fitted));
  }

  /**
   * Hands over a {@link Refusal} or an {@link EncodedRow} for each row, in order. Only a few chunks
   * are in flight, so that texts and offsets of all rows never exist at once.
   */
  private void encodeAll(List<Row> rows, Consumer<Object> sink) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      ArrayDeque<Future<List<Object>>> ahead = new ArrayDeque<>();
      for (int from = 0; from < rows.size(); from += CHUNK) {
        List<Row> chunk = rows.subList(from, Math.min(rows.size(), from + CHUNK));
        ahead.add(pool.submit(() -> chunk.stream().map(this::encode).toList()));
        if (ahead.size() > 4 * threads) {
          ahead.remove().get().forEach(sink);
        }
      }
      while (!ahead.isEmpty()) {
        ahead.remove().get().forEach(sink);
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LuthierException("Interrupted while encoding the data.", e);
    } finally {
      pool.shutdownNow();
    }
  }

  private Object encode(Row row) {
    try {
      return encoder.encode(row);
    } catch (RowRefused e) {
      return new Refusal(row.number(), e.reason());
    }
  }

  /** Counts as rows come by. */
  private static final class Account {
    private final Map<String, String> files = new LinkedHashMap<>();
    private final List<Refusal> refused = new ArrayList<>();
    private final Map<Integer, Integer> rowsByBos = new TreeMap<>();
    private final Set<Integer> turnEnds = new HashSet<>();
    private int rows;
    private final BitSet stops = new BitSet();
    private int encoded;
    private long trained;
    private long unknown;
    private long straddling;

    void file(DataFile file) {
      files.put(file.path().toString(), file.sha256());
      rows += file.total();
      refused.addAll(file.refused());
    }

    void row(EncodedRow row) {
      rowsByBos.merge(row.bos(), 1, Integer::sum);
      turnEnds.addAll(row.turnEnds());
      stops.set(encoded++, row.endsWithStop());
      trained += row.sequence().trained();
      unknown += row.unknown();
      straddling += row.straddling();
    }

    DataReport report(OverflowRule.Result fitted) {
      BitSet stopping = (BitSet) stops.clone();
      stopping.and(fitted.used());
      stopping.and(fitted.whole());
      List<TokenSequence> sequences = fitted.sequences();
      int[] lengths = sequences.stream().mapToInt(TokenSequence::length).sorted().toArray();
      return new DataReport(
          files,
          rows,
          fitted.used().cardinality(),
          sequences.size(),
          refused,
          sequences.stream().mapToLong(TokenSequence::length).sum(),
          sequences.stream().mapToLong(TokenSequence::trained).sum(),
          DataReport.Lengths.of(lengths),
          fitted.overflowed(),
          trained == 0 ? 0 : (double) unknown / trained,
          straddling,
          fitted.used().cardinality() - stopping.cardinality(),
          rowsByBos,
          turnEnds);
    }
  }
}
