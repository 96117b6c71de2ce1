/** Files and folders that other programs serve a model from, and proof that they serve the same. */
@NullMarked
package dev.luthier.export;

import org.jspecify.annotations.NullMarked;
