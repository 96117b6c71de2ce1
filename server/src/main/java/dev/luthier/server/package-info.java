/** The server: OpenAI-compatible endpoints, to come. */
@NullMarked
package dev.luthier.server;

import org.jspecify.annotations.NullMarked;
