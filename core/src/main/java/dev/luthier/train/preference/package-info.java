/**
 * Losses that learn from which answers people prefer, as functions of the answers'
 * log-probabilities alone, with their derivatives.
 */
@NullMarked
package dev.luthier.train.preference;

import org.jspecify.annotations.NullMarked;
