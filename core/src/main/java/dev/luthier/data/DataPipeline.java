package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.source.DataFiles;
import dev.luthier.format.Hashes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * From files to token sequences: reads, encodes all rows (several at a time, order kept), refuses
 * what cannot be used, makes long rows fit, and accounts for all of it. Rows are read as they are
 * encoded; only their tokens stay.
 *
 * @param badRows how many rows may be refused
 * @param overflow what happens to rows longer than {@code maxLength}
 * @param maxLength tokens per sequence
 * @param threads that encode, the one that reads among them
 */
public record DataPipeline(
    RowEncoder encoder,
    ExampleReader reader,
    BadRows badRows,
    Overflow overflow,
    int maxLength,
    int threads) {

  public DataPipeline {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
  }

  /** Of rows of one format, of which up to 1 % may be refused, on all processors. */
  public DataPipeline(RowEncoder encoder, Format format, Overflow overflow, int maxLength) {
    this(
        encoder,
        new ExampleReader(format),
        BadRows.ERROR,
        overflow,
        maxLength,
        Runtime.getRuntime().availableProcessors());
  }

  /** As the settings say, on all processors. */
  public static DataPipeline of(RowEncoder encoder, DataSettings settings) {
    return new DataPipeline(
        encoder,
        ExampleReader.of(settings),
        settings.badRows(),
        settings.overflow(),
        settings.maxLength(),
        Runtime.getRuntime().availableProcessors());
  }

  /**
   * For pre-training on raw text: long documents are continued in further sequences.
   *
   * @param encoder without a chat template
   */
  public static DataPipeline ofTexts(RowEncoder encoder, int maxLength) {
    return new DataPipeline(encoder, Format.TEXT, Overflow.SPLIT, maxLength);
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

  private TrainingData prepare(List<Path> named, boolean strict, Consumer<EncodedRow> look) {
    List<Path> files = named.stream().flatMap(path -> DataFiles.of(path).stream()).toList();
    String names = String.join(", ", named.stream().map(Path::toString).toList());
    Account account = new Account();
    List<TokenSequence> encoded = new ArrayList<>();
    Consumer<Object> take =
        outcome -> {
          if (outcome instanceof Refusal refusal) {
            account.refused.add(refusal);
          } else if (outcome instanceof Encoded row) {
            account.row(row.documents());
            row.documents().forEach(document -> encoded.add(document.sequence()));
            row.documents().forEach(look);
          }
        };
    for (Path file : files) {
      account.files.put(file.toString(), Hashes.sha256(file));
      int before = account.rows;
      encodeAll(file, account, take);
      if (account.rows == before) {
        throw new LuthierException("Expected rows in " + file + ", found none.");
      }
    }
    OverflowRule rule = new OverflowRule(overflow, maxLength, encoder.pieces(), encoder.together());
    if (strict) {
      RefusedRows refused = new RefusedRows(badRows);
      account.refused.forEach(refused::add);
      refused.check(account.rows);
      rule.check(encoded, account.rowOf::get, account.rows);
    }
    OverflowRule.Result fitted = rule.apply(encoded);
    if (strict && fitted.sequences().isEmpty()) {
      throw new LuthierException("No row of " + names + " is left to train on.");
    }
    return new TrainingData(fitted.sequences(), account.report(fitted), encoder.together());
  }

  /** A row's documents. */
  private record Encoded(List<EncodedRow> documents) {}

  /** Hands over a {@link Refusal} or an {@link Encoded} for each row, in order. */
  private void encodeAll(Path file, Account account, Consumer<Object> sink) {
    try (OrderedWork<Object, Object> work =
        new OrderedWork<>(threads, item -> encode(file, item), sink)) {
      reader.read(
          file,
          new ExampleReader.Sink() {
            @Override
            public void row(Row row, Format format, boolean usual) {
              account.rows++;
              account.formats.merge(format, 1, Integer::sum);
              account.repaired += row.repairs().isEmpty() ? 0 : 1;
              work.add(row);
            }

            @Override
            public void refused(Refusal refusal) {
              account.rows++;
              work.add(refusal);
            }
          });
      work.finish();
    }
  }

  private Object encode(Path file, Object item) {
    if (!(item instanceof Row row)) {
      return item;
    }
    try {
      return new Encoded(encoder.documents(row));
    } catch (RowRefused e) {
      return e.at(file.toString(), row.number(), RowText.of(row.columns()));
    }
  }

  /** Counts as rows come by. */
  private static final class Account {
    private final Map<String, String> files = new LinkedHashMap<>();
    private final List<Refusal> refused = new ArrayList<>();
    private final Map<Integer, Integer> rowsByBos = new TreeMap<>();
    private final Set<Integer> turnEnds = new HashSet<>();
    private final Map<Format, Integer> formats = new EnumMap<>(Format.class);
    private int rows;
    private int repaired;
    private final BitSet stops = new BitSet();
    private final BitSet drops = new BitSet();
    private final List<Integer> rowOf = new ArrayList<>(); // of each document
    private int encoded;
    private long trained;
    private long unknown;
    private long straddling;

    void row(List<EncodedRow> documents) {
      rowsByBos.merge(documents.get(0).bos(), 1, Integer::sum);
      for (EncodedRow document : documents) {
        turnEnds.addAll(document.turnEnds());
        stops.set(rowOf.size(), document.endsWithStop());
        drops.set(rowOf.size(), !document.dropped().isEmpty());
        rowOf.add(encoded);
        trained += document.sequence().trained();
        unknown += document.unknown();
        straddling += document.straddling();
      }
      encoded++;
    }

    /** The rows of these documents. */
    private int rows(BitSet documents) {
      return (int) documents.stream().map(rowOf::get).distinct().count();
    }

    DataReport report(OverflowRule.Result fitted) {
      BitSet stopping = (BitSet) stops.clone();
      stopping.and(fitted.whole());
      BitSet endless = (BitSet) fitted.used().clone();
      endless.andNot(stopping);
      BitSet dropping = (BitSet) drops.clone();
      dropping.and(fitted.used());
      List<TokenSequence> sequences = fitted.sequences();
      int[] lengths = sequences.stream().mapToInt(TokenSequence::length).sorted().toArray();
      return new DataReport(
          files,
          formats,
          rows,
          repaired,
          rows(fitted.used()),
          sequences.size(),
          refused,
          sequences.stream().mapToLong(TokenSequence::length).sum(),
          sequences.stream().mapToLong(TokenSequence::trained).sum(),
          DataReport.Lengths.of(lengths),
          fitted.overflowed(),
          trained == 0 ? 0 : (double) unknown / trained,
          straddling,
          rows(endless),
          rows(dropping),
          rowsByBos,
          turnEnds);
    }
  }
}
