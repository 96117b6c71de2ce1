package dev.luthier.data.check;

import dev.luthier.data.DataSettings.Format;
import java.util.Map;
import java.util.Optional;

/**
 * What all rows together show.
 *
 * @param rows in all files
 * @param used rows that can be trained on
 * @param stopShare share of documents that end in a trained stop token
 * @param evaluationRows rows of the evaluation data; empty without any
 */
record SetFacts(
    long rows,
    long used,
    LengthCount lengths,
    double stopShare,
    Map<Integer, Long> rowsByBos,
    Map<String, Long> languages,
    Map<String, Map<String, Long>> columns,
    Map<Format, Long> formats,
    Optional<Long> evaluationRows) {
  /** From this share on, a language is the set's, and others are worth a finding. */
  private static final double MAIN_LANGUAGE = 0.9;

  /** What most rows are recognised as; {@link Format#AUTO} where none can be read. */
  Format mainFormat() {
    return formats.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(Format.AUTO);
  }

  /** The language of nearly all rows; empty where there is none. */
  Optional<String> mainLanguage() {
    long all = languages.values().stream().mapToLong(Long::longValue).sum();
    return languages.entrySet().stream()
        .filter(entry -> entry.getValue() >= MAIN_LANGUAGE * all)
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
