package dev.luthier.train.preference;

import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.train.TrainingRows;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of answers in which each prompt is followed by another prompt's answer: the next one of the
 * data that is wanted, or unwanted, like it. KTO tells by them how far the policy is from its
 * reference. A view.
 */
public final class Mismatched extends AbstractList<List<TokenSequence>> {
  private final List<List<TokenSequence>> rows;
  private final int maxLength;
  private final int[] firsts; // the number of each row's first document
  private final int[][] nexts; // of each document, the row and the place of the one after it

  private Mismatched(List<List<TokenSequence>> rows, int maxLength) {
    this.rows = rows;
    this.maxLength = maxLength;
    this.firsts = new int[rows.size()];
    List<int[]> places = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      firsts[r] = places.size();
      for (TokenSequence document : rows.get(r)) {
        places.add(new int[] {r, places.size() - firsts[r]});
        parts.add(document.part());
      }
    }
    this.nexts = new int[places.size()][];
    Map<Part, Integer> after = new EnumMap<>(Part.class);
    for (int i = 2 * places.size() - 1; i >= 0; i--) { // twice, so that the last one has a next
      int at = i % places.size();
      int next = after.getOrDefault(parts.get(at), at);
      nexts[at] = places.get(next == at ? (at + 1) % places.size() : next);
      after.put(parts.get(at), at);
    }
  }

  /**
   * Of these rows.
   *
   * @param maxLength tokens of a document; what is beyond is cut
   */
  public static TrainingRows of(TrainingRows data, int maxLength) {
    List<List<TokenSequence>> rows = new Mismatched(data.rows(), maxLength);
    return new TrainingRows(
        rows, row -> rows.get(row).stream().mapToInt(TokenSequence::length).sum(), data.maker());
  }

  @Override
  public List<TokenSequence> get(int index) {
    List<TokenSequence> out = new ArrayList<>();
    for (TokenSequence document : rows.get(index)) {
      int[] next = nexts[firsts[index] + out.size()];
      out.add(joined(document, rows.get(next[0]).get(next[1])));
    }
    return out;
  }

  private TokenSequence joined(TokenSequence prompt, TokenSequence answer) {
    int read = begin(prompt);
    int from = begin(answer);
    int length = Math.min(maxLength, read + answer.length() - from);
    int[] tokens = Arrays.copyOf(prompt.tokens(), Math.max(read, length));
    int[] labels = Arrays.copyOf(prompt.labels(), tokens.length);
    Arrays.fill(labels, 0, read, TokenSequence.IGNORED);
    System.arraycopy(answer.tokens(), from, tokens, read, tokens.length - read);
    System.arraycopy(answer.labels(), from, labels, read, tokens.length - read);
    return new TokenSequence(tokens, labels, prompt.row(), prompt.part(), 0);
  }

  /** Where an answer begins: at its first label. */
  private static int begin(TokenSequence document) {
    int at = 1;
    while (at < document.length() && document.labels()[at] == TokenSequence.IGNORED) {
      at++;
    }
    return at;
  }

  @Override
  public int size() {
    return rows.size();
  }
}
