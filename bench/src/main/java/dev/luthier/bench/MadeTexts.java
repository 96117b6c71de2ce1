package dev.luthier.bench;

import dev.luthier.generate.SplitMix64;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Lines of text for timing. Words follow Zipf's law, lengths are log-normal (mean about 80 words),
 * half of the lines begin with sentences from a common stock, and one in four is one of the last
 * thousand with up to a twentieth of its words replaced.
 */
final class MadeTexts {
  private static final int VOCABULARY = 30_000;
  private static final int STOCK = 20;
  private static final int RECENT = 1_000;
  private static final String[] SYLLABLES =
      "ba be ti to ra re sin con ver mal du ko la ne pro st".split(" ");

  private final SplitMix64 random = new SplitMix64(1);
  private final String[] words = new String[VOCABULARY];
  private final double[] cumulative = new double[VOCABULARY];
  private final String[] stock = new String[STOCK];
  private final String[] recent = new String[RECENT];

  private MadeTexts() {
    double sum = 0;
    for (int rank = 0; rank < VOCABULARY; rank++) {
      StringBuilder word = new StringBuilder();
      for (int left = 1 + below(2) + (rank < 100 ? 0 : 1 + below(2)); left > 0; left--) {
        word.append(SYLLABLES[below(SYLLABLES.length)]);
      }
      words[rank] = word.toString();
      sum += 1.0 / (rank + 2.7);
      cumulative[rank] = sum;
    }
    Arrays.setAll(stock, i -> sentence(8 + below(12)));
  }

  /** Writes so many lines. */
  static void write(int lines, Path file) throws IOException {
    MadeTexts made = new MadeTexts();
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < lines; i++) {
        out.write(made.line(i));
        out.newLine();
      }
    }
  }

  private String line(int number) {
    String line =
        number > 0 && random.nextDouble() < 0.25
            ? edited(recent[below(Math.min(number, RECENT))])
            : text();
    recent[number % RECENT] = line;
    return line;
  }

  private String text() {
    StringBuilder out = new StringBuilder();
    for (int shared = random.nextDouble() < 0.5 ? 1 + below(3) : 0; shared > 0; shared--) {
      out.append(stock[below(STOCK)]).append(". ");
    }
    double normal = -6;
    for (int i = 0; i < 12; i++) {
      normal += random.nextDouble();
    }
    return out + sentence((int) Math.max(4, Math.min(800, Math.exp(3.7 + normal))));
  }

  private String edited(String line) {
    String[] parts = line.split(" ");
    int edits = (int) Math.round(parts.length * 0.05 * random.nextDouble() + random.nextDouble());
    for (int i = 0; i < edits; i++) {
      parts[below(parts.length)] = word();
    }
    return String.join(" ", parts);
  }

  private String sentence(int length) {
    StringBuilder out = new StringBuilder(word());
    for (int i = 1; i < length; i++) {
      out.append(' ').append(word());
    }
    return out.toString();
  }

  private String word() {
    int at = Arrays.binarySearch(cumulative, random.nextDouble() * cumulative[VOCABULARY - 1]);
    return words[Math.min(VOCABULARY - 1, at < 0 ? -at - 1 : at)];
  }

  private int below(int n) {
    return (int) (random.nextDouble() * n);
  }
}
