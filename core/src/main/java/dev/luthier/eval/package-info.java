/** Perplexity and the comparison of models. */
@NullMarked
package dev.luthier.eval;

import org.jspecify.annotations.NullMarked;
