/**
 * From prompts to texts.
 *
 * <p>{@link dev.luthier.generate.Generator} is the loop: it reads a prompt into the key-value cache
 * in chunks, then takes one token at a time. Each row of a batch has its own {@link
 * dev.luthier.generate.Sampler}, random numbers and text, so a row's result does not depend on the
 * others. {@link dev.luthier.generate.ChatSession} keeps the cache between the turns of a
 * conversation. One step, one scope: after a token nothing native is left but the caches.
 */
@NullMarked
package dev.luthier.generate;

import org.jspecify.annotations.NullMarked;
