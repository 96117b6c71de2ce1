/**
 * Judgements about the texts of a training set: pure functions, safe for use by many threads, that
 * {@code luthier data check} reports and {@code luthier data prepare} filters by. Every rule
 * prefers to miss a fault over naming a sound text; docs/data-quality.md lists the rules with their
 * sources.
 */
@NullMarked
package dev.luthier.data.quality;

import org.jspecify.annotations.NullMarked;
