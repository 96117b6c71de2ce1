package dev.luthier.data.synthetic;

/**
 * Why a candidate is refused.
 *
 * @param reason one word, which refusals are counted by: format, length, pattern, novelty, ...
 * @param detail what was found
 */
public record Rejection(String reason, String detail) {}
