/**
 * The library in a few lines, {@link dev.luthier.Luthier}, and the exceptions that every package of
 * it throws.
 */
@NullMarked
package dev.luthier;

import org.jspecify.annotations.NullMarked;
