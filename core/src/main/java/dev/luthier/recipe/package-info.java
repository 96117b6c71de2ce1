/**
 * One record per job: validated settings, then straight code that assembles the parts and runs
 * them.
 */
@NullMarked
package dev.luthier.recipe;

import org.jspecify.annotations.NullMarked;
