/** A sandboxed Jinja2 renderer for chat templates, equal to Jinja2 byte for byte. */
@NullMarked
package dev.luthier.tokenizer.jinja;

import org.jspecify.annotations.NullMarked;
