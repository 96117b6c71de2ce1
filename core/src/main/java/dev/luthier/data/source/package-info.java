/**
 * Data files to rows of named columns: JSON, JSONL, CSV, TSV, Parquet and plain text, gzip and
 * zstd, one row after another and never all at once. What a row means is {@code data}'s business.
 */
@org.jspecify.annotations.NullMarked
package dev.luthier.data.source;
