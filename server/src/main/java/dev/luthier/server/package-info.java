/** The OpenAI-compatible HTTP interface over an {@link dev.luthier.serve.Engine}, and its page. */
@NullMarked
package dev.luthier.server;

import org.jspecify.annotations.NullMarked;
