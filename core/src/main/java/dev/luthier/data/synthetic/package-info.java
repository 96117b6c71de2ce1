/**
 * Training rows that a model writes: what it is asked (Self-Instruct, paraphrase, augmentation,
 * questions on documents), how its answers are read, and which of them are kept.
 */
@NullMarked
package dev.luthier.data.synthetic;

import org.jspecify.annotations.NullMarked;
