package dev.luthier.data.duplicates;

import dev.luthier.generate.SplitMix64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Texts as training sets have them, with edited copies among them. Words are made of syllables and
 * drawn by Zipf's law, lengths are log-normal from four words to hundreds, and half of the texts
 * begin with sentences from a small common stock, so that unrelated texts share much. A copy
 * differs by words replaced, left out, put in or swapped, and by case and punctuation.
 */
final class PlantedTexts {
  private static final int VOCABULARY = 30_000;
  private static final int STOCK = 20;
  private static final String SYLLABLES = "ba be ti to ra re sin con ver mal du ko la ne pro st";

  private final SplitMix64 random;
  private final String[] words = new String[VOCABULARY];
  private final double[] cumulative = new double[VOCABULARY];
  private final List<String> stock = new ArrayList<>();

  /** A text and the one that it was made from: equal numbers, equal origin. */
  record Text(String text, int origin) {}

  PlantedTexts(long seed) {
    random = new SplitMix64(seed);
    String[] syllables = SYLLABLES.split(" ");
    double sum = 0;
    for (int rank = 0; rank < VOCABULARY; rank++) {
      StringBuilder word = new StringBuilder();
      int length = 1 + below(2) + (rank < 100 ? 0 : 1 + below(2));
      for (int i = 0; i < length; i++) {
        word.append(syllables[below(syllables.length)]);
      }
      words[rank] = word.toString();
      sum += 1.0 / (rank + 2.7);
      cumulative[rank] = sum;
    }
    for (int i = 0; i < STOCK; i++) {
      stock.add(sentence(8 + below(12)));
    }
  }

  /** Rows in random order; about one in three is an edited copy of another. */
  List<Text> rows(int n) {
    List<Text> rows = new ArrayList<>();
    for (int origin = 0; rows.size() < n; origin++) {
      String text = text();
      rows.add(new Text(text, origin));
      int copies = random.nextDouble() < 0.25 ? 1 + (random.nextDouble() < 0.3 ? below(4) : 0) : 0;
      for (int i = 0; i < copies && rows.size() < n; i++) {
        rows.add(new Text(edited(text), origin));
      }
    }
    for (int i = n - 1; i > 0; i--) {
      rows.set(i, rows.set(below(i + 1), rows.get(i)));
    }
    return rows;
  }

  private String text() {
    StringBuilder out = new StringBuilder();
    int shared = random.nextDouble() < 0.5 ? 1 + below(3) : 0;
    for (int i = 0; i < shared; i++) {
      out.append(stock.get(below(STOCK))).append(' ');
    }
    int left = (int) Math.max(4, Math.min(800, Math.exp(3.7 + 1.0 * normal())));
    while (left > 0) {
      int length = Math.min(left, 4 + below(16));
      out.append(sentence(length)).append(left > length ? " " : "");
      left -= length;
    }
    return out.toString();
  }

  private String sentence(int length) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < length; i++) {
      out.append(i == 0 ? "" : below(12) == 0 ? ", " : " ").append(word());
    }
    return out.substring(0, 1).toUpperCase(Locale.ROOT) + out.substring(1) + ".";
  }

  private String word() {
    double at = random.nextDouble() * cumulative[VOCABULARY - 1];
    int i = Arrays.binarySearch(cumulative, at);
    return words[Math.min(VOCABULARY - 1, i < 0 ? -i - 1 : i)];
  }

  /** With up to a tenth of its words changed, and at least one unless chance has it otherwise. */
  String edited(String text) {
    List<String> out = new ArrayList<>(List.of(text.split(" ")));
    int edits = (int) Math.round(out.size() * 0.1 * random.nextDouble() + random.nextDouble());
    for (int e = 0; e < edits && out.size() > 2; e++) {
      int at = below(out.size());
      switch (below(6)) {
        case 0, 1 -> out.set(at, word());
        case 2 -> out.remove(at);
        case 3 -> out.add(at, word());
        case 4 -> out.set(at, out.set(below(out.size()), out.get(at)));
        default -> out.set(at, out.get(at).toUpperCase(Locale.ROOT) + "!");
      }
    }
    return String.join(" ", out);
  }

  private int below(int n) {
    return (int) (random.nextDouble() * n);
  }

  private double normal() {
    double sum = -6;
    for (int i = 0; i < 12; i++) {
      sum += random.nextDouble();
    }
    return sum;
  }
}
