/**
 * {@code data generate}: rows that a model writes, kept if they pass, resumed where they stopped.
 */
@NullMarked
package dev.luthier.recipe.generate;

import org.jspecify.annotations.NullMarked;
