package dev.luthier.data.labels;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Texts to ids, as the model's own tokenizer frames them: in BERT {@code [CLS] a [SEP]}, and of two
 * texts {@code [CLS] a [SEP] b [SEP]}. A decoder reads two texts with a line break between them.
 */
public final class LabelEncoder {
  /** Families that put two separators between texts. */
  private static final Set<String> DOUBLE = Set.of("roberta", "xlm-roberta", "camembert");

  private final Tokenizer tokenizer;
  private final Transformer.Kind kind;
  private final boolean doubled;
  private final boolean segments;
  private final int maxLength;
  private final int[] before;
  private final int[] after;

  /**
   * @param config of the model
   * @param maxLength tokens of a row
   */
  public LabelEncoder(
      Tokenizer tokenizer, Transformer.Kind kind, ObjectNode config, int maxLength) {
    this.tokenizer = tokenizer;
    this.kind = kind;
    String type = config.path("model_type").asText();
    this.doubled = DOUBLE.contains(type);
    this.segments = type.equals("bert") && config.path("type_vocab_size").asInt(2) > 1;
    this.maxLength = maxLength;
    Encoding framed = tokenizer.encode("a", true);
    int[] empty =
        IntStream.range(0, framed.length())
            .filter(i -> framed.starts()[i] == framed.ends()[i])
            .toArray();
    int first = (int) Arrays.stream(empty).filter(i -> isBeforeText(framed, i)).count();
    this.before = Arrays.copyOf(framed.ids(), first);
    this.after =
        Arrays.copyOfRange(framed.ids(), framed.length() - (empty.length - first), framed.length());
  }

  private static boolean isBeforeText(Encoding framed, int token) {
    return IntStream.range(0, token).allMatch(i -> framed.starts()[i] == framed.ends()[i]);
  }

  /**
   * A text as ids.
   *
   * @param tokens (T)
   * @param second where the second text begins in a model with segments; T where there is none
   * @param firstTokens of each word the index of its first token; -1 if it has none or that is cut
   *     off
   * @param cut tokens that did not fit
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Encoded(int[] tokens, int second, int[] firstTokens, int cut) {}

  /** Whether the model tells two texts apart by a segment of each token. */
  public boolean hasSegments() {
    return segments;
  }

  /**
   * Where a sequence's label is predicted: at its first token in encoders, its last in decoders.
   */
  public int pooled(Encoded encoded) {
    return kind == Transformer.Kind.ENCODER ? 0 : encoded.tokens().length - 1;
  }

  /** Encodes a row's text, cut to what fits. */
  public Encoded encode(LabelledRow row) {
    if (row.second().isPresent() && kind != Transformer.Kind.ENCODER) {
      String both = row.words().text() + "\n" + row.second().get();
      return one(Words.none(both));
    }
    return row.second().isPresent()
        ? two(row.words().text(), row.second().get())
        : one(row.words());
  }

  private Encoded one(Words words) {
    Encoding body = tokenizer.encode(words.text(), false);
    int room = Math.max(1, maxLength - before.length - after.length);
    int kept = Math.min(room, body.length());
    int[] ids = joined(List.of(before, Arrays.copyOf(body.ids(), kept), after));
    int[] first = firstTokens(words, body, kept);
    return new Encoded(ids, ids.length, first, body.length() - kept);
  }

  /** The longer of the two is cut. */
  private Encoded two(String a, String b) {
    int[] first = tokenizer.encodeIds(a, false);
    int[] second = tokenizer.encodeIds(b, false);
    int frame = before.length + (doubled ? 3 : 2) * after.length;
    int cut = Math.max(0, first.length + second.length - Math.max(2, maxLength - frame));
    int fromFirst = 0;
    for (int i = 0; i < cut; i++) {
      fromFirst += first.length - fromFirst > second.length - (i - fromFirst) ? 1 : 0;
    }
    int[] keptFirst = Arrays.copyOf(first, first.length - fromFirst);
    int[] keptSecond = Arrays.copyOf(second, second.length - (cut - fromFirst));
    int[] between = doubled ? joined(List.of(after, after)) : after;
    int[] ids = joined(List.of(before, keptFirst, between, keptSecond, after));
    int begins = segments ? before.length + keptFirst.length + between.length : ids.length;
    return new Encoded(ids, begins, new int[0], cut);
  }

  private static int[] joined(List<int[]> parts) {
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  /** A token belongs to the word in which its first character that is no white space stands. */
  private int[] firstTokens(Words words, Encoding body, int kept) {
    int[] out = new int[words.words().size()];
    Arrays.fill(out, -1);
    int word = 0;
    for (int i = 0; i < kept && word < out.length; i++) {
      int at = body.starts()[i];
      while (at < body.ends()[i] && Character.isWhitespace(words.text().charAt(at))) {
        at++;
      }
      while (word < out.length && words.words().get(word).end() <= at) {
        word++;
      }
      boolean inside =
          word < out.length && at < body.ends()[i] && at >= words.words().get(word).start();
      if (inside && out[word] < 0) {
        out[word] = before.length + i;
      }
    }
    return out;
  }
}
