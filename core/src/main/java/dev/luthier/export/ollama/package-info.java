/**
 * What Ollama needs: a Modelfile whose TEMPLATE prints, for every conversation that both take, the
 * bytes that the model's own chat template prints. It is learned by probing that template and then
 * proven on conversations of its own.
 */
@NullMarked
package dev.luthier.export.ollama;

import org.jspecify.annotations.NullMarked;
