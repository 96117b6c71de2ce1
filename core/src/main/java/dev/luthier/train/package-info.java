/** The training step, the loop, objectives, optimizers, schedules and run state. */
@NullMarked
package dev.luthier.train;

import org.jspecify.annotations.NullMarked;
