/** Folders to models and adapters and back; writes are atomic. */
@NullMarked
package dev.luthier.checkpoint;

import org.jspecify.annotations.NullMarked;
