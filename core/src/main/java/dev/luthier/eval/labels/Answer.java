package dev.luthier.eval.labels;

import java.util.List;

/**
 * What a model says of a text.
 *
 * @param labels with their probabilities, the likeliest first; numbers in the order of the model's
 * @param entities of a model that labels words
 * @param words of such a model, with their labels
 * @param cut tokens of the text that it did not read
 */
public record Answer(List<Scored> labels, List<Found> entities, List<Labelled> words, int cut) {
  /**
   * A label.
   *
   * @param score its probability, or the number itself
   */
  public record Scored(String label, double score) {}

  /**
   * Words that belong together.
   *
   * @param type what they are
   * @param start of the first character
   * @param end after the last one
   * @param text the characters
   * @param score the mean of the words' probabilities
   */
  public record Found(String type, int start, int end, String text, double score) {}

  /**
   * A word; one of which no token was read has the label O and the score 0.
   *
   * @param score the label's probability
   */
  public record Labelled(String word, int start, int end, String label, double score) {}
}
