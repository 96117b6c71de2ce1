/** Benchmarks; never deployed. */
@NullMarked
package dev.luthier.bench;

import org.jspecify.annotations.NullMarked;
