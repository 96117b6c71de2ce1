/** How well a model labels texts and words, and the labels that it gives. */
@org.jspecify.annotations.NullMarked
package dev.luthier.eval.labels;
