/** The exceptions that every package of the library throws. */
@NullMarked
package dev.luthier;

import org.jspecify.annotations.NullMarked;
