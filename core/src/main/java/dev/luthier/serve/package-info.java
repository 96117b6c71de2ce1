/**
 * Many texts at a time from one model and its adapters: an {@link dev.luthier.serve.Engine} takes
 * requests as they come, and runs them together.
 */
@NullMarked
package dev.luthier.serve;

import org.jspecify.annotations.NullMarked;
