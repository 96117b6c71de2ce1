/**
 * Building blocks of models: parameters, linear layers, norms, rotary embedding, attention, KV
 * cache.
 */
@NullMarked
package dev.luthier.nn;

import org.jspecify.annotations.NullMarked;
