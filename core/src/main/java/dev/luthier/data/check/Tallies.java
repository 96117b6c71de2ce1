package dev.luthier.data.check;

import dev.luthier.data.check.Finding.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How often each fault was found, and the first places. */
final class Tallies {
  /** A fault and which kind of it. */
  record Key(Fault fault, String detail) {}

  /** What was counted of one. */
  static final class Tally {
    private long rows;
    private final List<Place> places = new ArrayList<>();

    long rows() {
      return rows;
    }

    List<Place> places() {
      return places;
    }
  }

  private final Map<Key, Tally> tallies = new LinkedHashMap<>();

  void add(Fault fault, String detail, int file, int row, String evidence) {
    Tally tally = tallies.computeIfAbsent(new Key(fault, detail), key -> new Tally());
    tally.rows++;
    if (tally.places.size() < Finding.LISTED) {
      tally.places.add(new Place(file, row, evidence));
    }
  }

  Map<Key, Tally> all() {
    return tallies;
  }
}
