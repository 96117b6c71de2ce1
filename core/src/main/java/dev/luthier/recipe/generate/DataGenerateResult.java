package dev.luthier.recipe.generate;

/**
 * What a run came to.
 *
 * @param end why it stopped
 * @param totals of this run and those that it went on from
 * @param before of those alone
 */
public record DataGenerateResult(End end, Totals totals, Totals before) {}
