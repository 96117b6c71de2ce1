package dev.luthier.data;

/**
 * An example and where it stands in its file.
 *
 * @param number 1-based: the line of a JSONL file, the element of a JSON array, the document of a
 *     text file; what reports and errors call the row
 */
public record Row(int number, Example example) {}
