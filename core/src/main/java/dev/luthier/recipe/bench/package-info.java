/** {@code luthier bench}: how fast this machine trains. */
@NullMarked
package dev.luthier.recipe.bench;

import org.jspecify.annotations.NullMarked;
