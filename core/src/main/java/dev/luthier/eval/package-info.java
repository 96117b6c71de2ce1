/**
 * What a model is worth: {@link dev.luthier.eval.Perplexity} of a text, {@link
 * dev.luthier.eval.Evaluation} on a data file, and {@link dev.luthier.eval.Logits} for comparison
 * with other engines. Everything streams; nothing but sums and answers is kept.
 */
@NullMarked
package dev.luthier.eval;

import org.jspecify.annotations.NullMarked;
