/**
 * Optimizers. An {@link dev.luthier.optim.UpdateRule} is the arithmetic of one, with no state of
 * its own; {@link dev.luthier.optim.Optimizer} applies rules to parameters and holds their state,
 * in memory or in a file.
 */
@NullMarked
package dev.luthier.optim;

import org.jspecify.annotations.NullMarked;
