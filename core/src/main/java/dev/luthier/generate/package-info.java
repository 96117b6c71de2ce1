/** Samplers, the decoding loop, stop rules and streaming. */
@NullMarked
package dev.luthier.generate;

import org.jspecify.annotations.NullMarked;
