package dev.luthier.serve;

/**
 * What an engine has done and holds; counts only grow.
 *
 * @param running requests that are being decoded
 * @param waiting requests in the queue
 * @param promptTokens read so far, without those found in the cache
 * @param cachedTokens of prompts found in the cache so far
 * @param generatedTokens so far
 * @param requests ended so far
 * @param steps forward passes so far
 * @param cacheUsed pages of keys and values in use
 * @param cachePages pages there are
 */
public record EngineStats(
    int running,
    int waiting,
    long promptTokens,
    long cachedTokens,
    long generatedTokens,
    long requests,
    long steps,
    int cacheUsed,
    int cachePages) {}
