package dev.luthier.generate;

/**
 * One prompt to continue.
 *
 * @param prompt ids, BOS included where the model wants one
 * @param settings how to continue it; rows of a batch may differ
 */
@SuppressWarnings("ArrayRecordComponent")
public record GenerateRequest(int[] prompt, GenerateSettings settings) {}
