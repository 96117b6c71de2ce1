package dev.luthier.data.privacy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;

/**
 * What detectors take for personal data in one text, before it is settled which of them is right.
 */
final class Candidates {
  /**
   * @param kind a {@link Kind}'s word, or the name of a pattern of one's own
   * @param rank among equally long ones the lowest wins
   * @param reserved whether it is set aside for documentation, and so nobody's
   */
  record Candidate(String kind, int rank, int start, int end, boolean reserved) {
    int length() {
      return end - start;
    }
  }

  private static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparingInt(Candidate::length)
          .reversed()
          .thenComparingInt(Candidate::rank)
          .thenComparingInt(Candidate::start);

  private final List<Candidate> all = new ArrayList<>();

  void add(Kind kind, int start, int end) {
    add(kind, start, end, false);
  }

  void add(Kind kind, int start, int end, boolean reserved) {
    all.add(new Candidate(kind.word(), kind.ordinal(), start, end, reserved));
  }

  /** A pattern of one's own wins over a known kind of the same length. */
  void addOwn(String name, int start, int end) {
    all.add(new Candidate(name, -1, start, end, false));
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /**
   * Returns those that stay when the longer of two that overlap wins, in order of position.
   *
   * @param markers finds the markers of earlier redactions; what touches one is left out
   */
  Collection<Candidate> settledOutside(Matcher markers) {
    TreeMap<Integer, Integer> marked = new TreeMap<>();
    while (markers.find()) {
      marked.put(markers.start(), markers.end());
    }
    all.sort(BEST_FIRST);
    TreeMap<Integer, Candidate> taken = new TreeMap<>();
    for (Candidate c : all) {
      Map.Entry<Integer, Integer> marker = marked.lowerEntry(c.end());
      Map.Entry<Integer, Candidate> other = taken.lowerEntry(c.end());
      if ((marker == null || marker.getValue() <= c.start())
          && (other == null || other.getValue().end() <= c.start())) {
        taken.put(c.start(), c);
      }
    }
    return taken.values();
  }
}
