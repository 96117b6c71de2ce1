/** The native bootstrap, devices, dtypes, seeds and memory figures. */
@NullMarked
package dev.luthier.tensor;

import org.jspecify.annotations.NullMarked;
