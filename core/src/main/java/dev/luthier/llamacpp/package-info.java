/** llama.cpp's C interface, out of the library that {@code de.kherud:llama} carries. */
@NullMarked
package dev.luthier.llamacpp;

import org.jspecify.annotations.NullMarked;
