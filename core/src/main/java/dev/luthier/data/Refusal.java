package dev.luthier.data;

/**
 * A row that is not used, and why.
 *
 * @param row 1-based number of the row in its file
 */
public record Refusal(int row, String reason) {}
