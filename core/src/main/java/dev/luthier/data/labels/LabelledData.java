package dev.luthier.data.labels;

import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.Refusal;
import dev.luthier.data.RowRefused;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Hashes;
import dev.luthier.model.Problem;
import dev.luthier.tensor.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Encoded rows with their labels, and the account of how they came about.
 *
 * @param sequences with labels in their places; a sequence's {@code row} is the number of its row
 *     in all files together
 * @param extras by row: where a second text begins, and numbers to be said
 * @param refused rows that could not be used
 * @param account of what was read
 */
public record LabelledData(
    List<TokenSequence> sequences,
    Map<Integer, Extra> extras,
    List<Refusal> refused,
    Account account) {
  /** Keeps the lists. */
  public LabelledData {
    sequences = List.copyOf(sequences);
    refused = List.copyOf(refused);
  }

  /**
   * What a sequence of tokens cannot hold of a row.
   *
   * @param second where the second text begins
   * @param values numbers that the scores should be; empty where labels are
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Extra(int second, float[] values) {}

  /**
   * What was read.
   *
   * @param files with their SHA-256
   * @param rows in the files
   * @param longer rows that were cut
   * @param cutTokens tokens that were cut off
   * @param words that have labels; 0 where texts have
   * @param lostWords words with labels that no token stands for, most of them cut off
   */
  public record Account(
      Map<String, String> files,
      int rows,
      int longer,
      long cutTokens,
      long words,
      long lostWords) {}

  /** Reads and encodes rows. */
  public static LabelledData read(
      LabelFiles files, LabelSurvey survey, LabelSettings settings, LabelEncoder encoder) {
    Reader reader = new Reader(survey, encoder);
    LabelParser parser = new LabelParser(settings.columns(), survey.labels());
    List<Refusal> refused = new ArrayList<>();
    BadRows rule = settings.badRows();
    int rows =
        files.read(
            rule,
            (number, columns) -> reader.add(number, parser.read(columns, survey.problem())),
            refused::add);
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Path file : files.files()) {
      hashes.put(file.toString(), Hashes.sha256(file));
    }
    return new LabelledData(
        reader.sequences,
        reader.extras,
        refused,
        new Account(hashes, rows, reader.longer, reader.cut, reader.words, reader.lostWords));
  }

  /** How often each label is there. */
  public long[] counts(int labels, Problem problem) {
    long[] out = new long[labels];
    for (TokenSequence sequence : sequences) {
      if (problem == Problem.MULTI_LABEL) {
        float[] values = extra(sequence).values();
        for (int i = 0; i < labels; i++) {
          out[i] += values[i] > 0 ? 1 : 0;
        }
      } else {
        Arrays.stream(sequence.labels()).filter(l -> l >= 0).forEach(l -> out[l]++);
      }
    }
    return out;
  }

  private Extra extra(TokenSequence sequence) {
    return extras.getOrDefault(sequence.row(), new Extra(sequence.length(), new float[0]));
  }

  /**
   * Parts these rows in two: of the rows with each label, or of all where there is not one label,
   * this share is drawn for the second part, at least one and never all.
   */
  public List<LabelledData> split(double share, long seed, Problem problem) {
    Map<Integer, List<TokenSequence>> groups = new TreeMap<>();
    for (TokenSequence sequence : sequences) {
      int group =
          problem == Problem.CLASSES
              ? Arrays.stream(sequence.labels()).filter(l -> l >= 0).findFirst().orElse(0)
              : 0;
      groups.computeIfAbsent(group, g -> new ArrayList<>()).add(sequence);
    }
    Set<Integer> drawn = new HashSet<>();
    groups
        .values()
        .forEach(
            group -> {
              int n = group.size();
              int wanted = (int) Math.max(1, Math.round(share * n));
              group.stream()
                  .map(TokenSequence::row)
                  .sorted(
                      Comparator.comparingLong((Integer row) -> Seeds.mix(seed, row))
                          .thenComparingInt(row -> row))
                  .limit(Math.min(wanted, n - 1))
                  .forEach(drawn::add);
            });
    return List.of(
        with(sequences.stream().filter(s -> !drawn.contains(s.row())).toList()),
        with(sequences.stream().filter(s -> drawn.contains(s.row())).toList()));
  }

  private LabelledData with(List<TokenSequence> part) {
    return new LabelledData(part, extras, refused, account);
  }

  /** Gathers rows. */
  private static final class Reader {
    private final LabelSurvey survey;
    private final LabelEncoder encoder;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<TokenSequence> sequences = new ArrayList<>();
    private final Map<Integer, Extra> extras = new HashMap<>();
    private int longer;
    private long cut;
    private long words;
    private long lostWords;

    Reader(LabelSurvey survey, LabelEncoder encoder) {
      this.survey = survey;
      this.encoder = encoder;
      for (String label : survey.labels()) {
        numbers.put(label, numbers.size());
      }
    }

    void add(int number, LabelledRow row) {
      int[] wanted = row.labels().stream().mapToInt(this::number).toArray();
      float[] values = values(row, wanted);
      LabelEncoder.Encoded encoded = encoder.encode(row);
      int[] labels = new int[encoded.tokens().length];
      Arrays.fill(labels, TokenSequence.IGNORED);
      if (survey.problem() == Problem.TOKENS) {
        mark(encoded, wanted, labels);
      } else {
        labels[encoder.pooled(encoded)] = survey.problem() == Problem.CLASSES ? wanted[0] : 0;
      }
      sequences.add(new TokenSequence(encoded.tokens(), labels, number));
      if (values.length > 0 || encoded.second() < labels.length) {
        extras.put(number, new Extra(encoded.second(), values));
      }
      longer += encoded.cut() > 0 ? 1 : 0;
      cut += encoded.cut();
    }

    private void mark(LabelEncoder.Encoded encoded, int[] wanted, int[] labels) {
      int marked = 0;
      for (int i = 0; i < wanted.length; i++) {
        int at = encoded.firstTokens()[i];
        if (at >= 0) {
          labels[at] = wanted[i];
          marked++;
        }
      }
      if (marked == 0) {
        throw new RowRefused("tokens: none of the words has a token in the model's vocabulary");
      }
      words += wanted.length;
      lostWords += wanted.length - marked;
    }

    private int number(String label) {
      Integer number = numbers.get(label);
      if (number == null) {
        throw new RowRefused(
            "the label '" + label + "' is not among those of the run: " + shown(survey.labels()),
            "name all labels with --set data.labels=[...], or mend the row");
      }
      return number;
    }

    private static String shown(List<String> labels) {
      return labels.size() <= 12
          ? String.join(", ", labels)
          : String.join(", ", labels.subList(0, 12)) + " and " + (labels.size() - 12) + " more";
    }

    private float[] values(LabelledRow row, int[] wanted) {
      int width = survey.labels().size();
      return switch (survey.problem()) {
        case CLASSES, TOKENS -> new float[0];
        case MULTI_LABEL -> {
          float[] out = new float[width];
          Arrays.stream(wanted).forEach(i -> out[i] = 1);
          yield out;
        }
        case REGRESSION -> {
          if (row.numbers().size() != width) {
            throw new RowRefused(
                "score: expected " + width + " numbers, found " + row.numbers().size());
          }
          float[] out = new float[width];
          for (int i = 0; i < width; i++) {
            out[i] = row.numbers().get(i).floatValue();
          }
          yield out;
        }
      };
    }
  }
}
