/**
 * Losses that learn from rewards for answers that the model wrote itself, as functions of their
 * tokens' log-probabilities, with their derivatives.
 */
@NullMarked
package dev.luthier.train.policy;

import org.jspecify.annotations.NullMarked;
