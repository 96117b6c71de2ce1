/** How fast a training step is: its arithmetic, its time, and what the machine can do at best. */
@NullMarked
package dev.luthier.measure;

import org.jspecify.annotations.NullMarked;
