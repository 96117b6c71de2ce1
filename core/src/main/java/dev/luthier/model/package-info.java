/** One readable file per model family, composed from {@code dev.luthier.nn}. */
@NullMarked
package dev.luthier.model;

import org.jspecify.annotations.NullMarked;
