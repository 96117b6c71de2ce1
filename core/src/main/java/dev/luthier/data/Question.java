package dev.luthier.data;

/**
 * A row asked rather than trained: what the model is given, and what it should say.
 *
 * @param prompt (T) ids up to where the last answer begins
 * @param answer the last answer's text
 * @param row 1-based number of the row in its file
 */
@SuppressWarnings("ArrayRecordComponent")
public record Question(int[] prompt, String answer, int row) {}
