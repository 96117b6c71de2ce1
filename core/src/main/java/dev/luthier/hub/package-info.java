/** Writers of text: a local model, or an endpoint that speaks OpenAI's chat protocol. */
@NullMarked
package dev.luthier.hub;

import org.jspecify.annotations.NullMarked;
