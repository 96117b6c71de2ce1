/**
 * The demo's material, written by the project itself: English sentences with their Yoda-speak, and
 * the text that the demo's base model is pre-trained on.
 *
 * <p>Everything is a pure function of a seed, the same on every JVM. Three parts of the sentence
 * space never meet, whatever the seeds, because {@link dev.luthier.recipe.demo.Split} assigns every
 * sentence to one of them by a hash of its words: sentences to pre-train on, to tune on, and to
 * score with.
 */
@NullMarked
package dev.luthier.recipe.demo;

import org.jspecify.annotations.NullMarked;
