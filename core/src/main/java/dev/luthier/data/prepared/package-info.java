/**
 * The prepared training set: rows that have been read, cleaned, tokenized and packed once, in a
 * folder that training reads where it lies.
 *
 * <p>{@link dev.luthier.data.prepared.PreparedWriter} makes such a folder, {@link
 * dev.luthier.data.prepared.PreparedSet} opens it, {@link dev.luthier.data.prepared.Manifest} says
 * what it holds and how it came about, {@link dev.luthier.data.prepared.PreparedDiff} tells two
 * apart. The bytes are specified in {@code docs/prepared-set.md}. All numbers are little-endian.
 *
 * <p>For each split, here {@code train}:
 *
 * <pre>
 * train.tokens     int32 per token, all documents one after another
 * train.labels     1 bit per token, lowest bit first: trained, or only read
 * train.documents  24 bytes per document: its first token (int64), length (int32), row (int32),
 *                  part (byte), 7 zeros
 * train.rows       24 bytes per row: offset of its JSON (int64), bytes of it (int32), source
 *                  (int32), number in the source (int32), its first document (int32)
 * train.jsonl      the rows' examples, one JSON object a line
 * train.packs      if packed: S + 1 int32 offsets, then the documents of S sequences, int32 each
 * </pre>
 *
 * <p>Nothing here depends on when, where or by how many threads a set was prepared, so that the
 * same sources and settings give the same bytes, and the hash of the manifest's content names them.
 */
@NullMarked
package dev.luthier.data.prepared;

import org.jspecify.annotations.NullMarked;
