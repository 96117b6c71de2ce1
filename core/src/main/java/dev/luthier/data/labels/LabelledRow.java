package dev.luthier.data.labels;

import java.util.List;
import java.util.Optional;

/**
 * A text and what a model should say of it.
 *
 * @param words the text, and its words where each has a label
 * @param second a text that goes with it
 * @param labels the label; several or none where they may go together; one for each word
 * @param numbers what is to be said in numbers; else empty
 */
public record LabelledRow(
    Words words, Optional<String> second, List<String> labels, List<Double> numbers) {
  /** Keeps the lists. */
  public LabelledRow {
    labels = List.copyOf(labels);
    numbers = List.copyOf(numbers);
  }
}
