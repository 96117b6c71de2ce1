package dev.luthier.data.labels;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text and the words in it that get labels.
 *
 * @param text the whole
 * @param words where they stand, in order
 */
public record Words(String text, List<Place> words) {
  /** A run of letters and digits, or any other character that is no white space. */
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}_]+|\\S");

  /**
   * A word's characters.
   *
   * @param start of the first
   * @param end after the last
   */
  public record Place(int start, int end) {}

  /** Keeps the places. */
  public Words {
    words = List.copyOf(words);
  }

  /** No words are labelled, but the text as a whole. */
  public static Words none(String text) {
    return new Words(text, List.of());
  }

  /** The words of a text: runs of letters and digits, and what stands between them. */
  public static Words of(String text) {
    List<Place> places = new ArrayList<>();
    Matcher m = WORD.matcher(text);
    while (m.find()) {
      places.add(new Place(m.start(), m.end()));
    }
    return new Words(text, places);
  }

  /** Words with a blank between each two. */
  public static Words joined(List<String> words) {
    StringBuilder text = new StringBuilder();
    List<Place> places = new ArrayList<>();
    for (String word : words) {
      if (!places.isEmpty()) {
        text.append(' ');
      }
      places.add(new Place(text.length(), text.length() + word.length()));
      text.append(word);
    }
    return new Words(text.toString(), places);
  }

  /** The characters of these words, what stands between them included. */
  public String part(int firstWord, int lastWord) {
    return text.substring(words.get(firstWord).start(), words.get(lastWord).end());
  }
}
