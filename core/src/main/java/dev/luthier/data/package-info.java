/** Readers, examples, label masks, packing and batches. */
@NullMarked
package dev.luthier.data;

import org.jspecify.annotations.NullMarked;
