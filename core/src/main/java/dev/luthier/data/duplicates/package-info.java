/**
 * Rows that say the same: exact copies, by a hash of the normalised text, and near-duplicates,
 * whose sets of shingles have a Jaccard similarity at or above a threshold.
 *
 * <p>Three steps. A {@link Signer} turns a text into a {@link Signature}; it is pure and may run in
 * many threads. A {@link DuplicateFinder} writes signatures to scratch files in the order of the
 * rows. Its {@code cluster} then goes through the hash and through each band of the MinHash sketch
 * as through a column of a table: rows with equal keys are candidates, and candidates are compared
 * by their shingles, so the sketch decides which pairs are looked at, never which are joined.
 *
 * <p>On the heap a row takes 13 bytes, and the search one buffer of 64 MiB; in the scratch folder a
 * row takes 20 bytes, four for each band and four for each distinct shingle. The result depends on
 * the texts, their order and the settings, on nothing else.
 */
@NullMarked
package dev.luthier.data.duplicates;

import org.jspecify.annotations.NullMarked;
