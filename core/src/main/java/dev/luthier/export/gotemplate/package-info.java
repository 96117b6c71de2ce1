/**
 * Go's {@code text/template}, as far as Ollama's templates use it: actions, pipelines, variables,
 * {@code if}, {@code with}, {@code range}, {@code break}, {@code continue}, {@code define}, {@code
 * template}, {@code block}, trim markers, comments, and the predefined functions.
 *
 * <p>Go's strings are bytes, and its templates measure and cut them as such. So inside this package
 * a string's chars are bytes, 0 to 255; text is turned into that form where it comes in and back
 * where it goes out ({@link dev.luthier.export.gotemplate.Bytes}).
 */
@NullMarked
package dev.luthier.export.gotemplate;

import org.jspecify.annotations.NullMarked;
