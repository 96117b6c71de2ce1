/**
 * Block formats of numbers: NF4, FP4, INT8 and 8-bit dynamic maps, with the codes and the rounding
 * of bitsandbytes, and ggml's blocks with ggml's, so that the bytes are the same.
 */
@NullMarked
package dev.luthier.quant;

import org.jspecify.annotations.NullMarked;
