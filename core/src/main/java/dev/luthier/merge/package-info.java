/** Fusing an adapter into its base. */
@NullMarked
package dev.luthier.merge;

import org.jspecify.annotations.NullMarked;
