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
    Optional<Long> evaluationRows) {}
