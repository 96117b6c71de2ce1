package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The merges of a byte-pair vocabulary of which only the tokens and their order are known. Whatever
 * two tokens a token can be cut into, they merge; which pair of a text is merged first is decided
 * by the token that they make.
 */
final class Merges {
  /** Two tokens that become one; a smaller rank goes first. */
  private record Merge(String left, String right, double rank) {
    int leftLength() {
      return left.codePointCount(0, left.length());
    }

    int rightLength() {
      return right.codePointCount(0, right.length());
    }
  }

  private Merges() {}

  /**
   * From SentencePiece's scores: the highest score first, then the longer left part, then the
   * longer right part.
   *
   * @param score of each token that takes part in merging
   * @param idOf decides between ways to cut a token
   */
  static ArrayNode byScore(Map<String, Double> score, Map<String, Integer> idOf) {
    List<Merge> merges = new ArrayList<>();
    score.forEach((token, value) -> cut(token, -value, idOf, score, merges));
    merges.sort(
        Comparator.comparingDouble(Merge::rank)
            .thenComparing(Comparator.comparingInt(Merge::leftLength).reversed())
            .thenComparing(Comparator.comparingInt(Merge::rightLength).reversed()));
    return array(merges);
  }

  /** From the tokens' ranks, as tiktoken orders merges. */
  static ArrayNode byRank(Map<String, Integer> rankOf) {
    List<Merge> merges = new ArrayList<>();
    rankOf.forEach((token, rank) -> cut(token, rank, rankOf, rankOf, merges));
    merges.sort(Comparator.comparingDouble(Merge::rank));
    return array(merges);
  }

  /**
   * Merges as files list them.
   *
   * @param lines two tokens and a space each, by falling priority
   * @param where what messages call the lines, before their number
   * @throws LuthierException naming the line whose tokens the vocabulary lacks
   */
  static ArrayNode checked(List<String> lines, Map<String, Integer> idOf, String where) {
    ArrayNode merges = Jackson.MAPPER.createArrayNode();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty() || (i == 0 && line.startsWith("#version"))) {
        continue;
      }
      String[] parts = line.split(" ", -1);
      if (parts.length != 2) {
        throw new LuthierException(
            where + (i + 1) + ": expected two tokens and a space, found \"" + line + '"');
      }
      for (String token : List.of(parts[0], parts[1], parts[0] + parts[1])) {
        if (!idOf.containsKey(token)) {
          throw new LuthierException(
              where
                  + (i + 1)
                  + " merges \""
                  + line
                  + "\", but the vocabulary has no \""
                  + token
                  + "\": the two belong to two tokenizers. Download both again.");
        }
      }
      merges.add(line);
    }
    return merges;
  }

  private static void cut(
      String token, double rank, Map<String, Integer> idOf, Map<String, ?> parts, List<Merge> to) {
    int from = to.size();
    for (int at = token.offsetByCodePoints(0, token.isEmpty() ? 0 : 1);
        at < token.length();
        at = token.offsetByCodePoints(at, 1)) {
      String left = token.substring(0, at);
      if (parts.containsKey(left)) {
        String right = token.substring(at);
        if (parts.containsKey(right)) {
          to.add(new Merge(left, right, rank));
        }
      }
    }
    to.subList(from, to.size())
        .sort(
            Comparator.comparingInt((Merge merge) -> idOf.getOrDefault(merge.left(), 0))
                .thenComparingInt(merge -> idOf.getOrDefault(merge.right(), 0)));
  }

  /** One string per merge, which every version of the library reads, or pairs where it must be. */
  private static ArrayNode array(List<Merge> merges) {
    boolean spaces =
        merges.stream().anyMatch(m -> m.left().indexOf(' ') >= 0 || m.right().indexOf(' ') >= 0);
    ArrayNode array = Jackson.MAPPER.createArrayNode();
    for (Merge merge : merges) {
      if (spaces) {
        array.addArray().add(merge.left()).add(merge.right());
      } else {
        array.add(merge.left() + " " + merge.right());
      }
    }
    return array;
  }
}
