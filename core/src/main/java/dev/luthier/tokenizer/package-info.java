/**
 * The one place that turns text and messages into token ids, for training, evaluation, generation
 * and export alike.
 */
@NullMarked
package dev.luthier.tokenizer;

import org.jspecify.annotations.NullMarked;
