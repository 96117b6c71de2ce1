/** Models that say how good an answer is. */
@NullMarked
package dev.luthier.eval.reward;

import org.jspecify.annotations.NullMarked;
