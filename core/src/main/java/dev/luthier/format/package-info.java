/**
 * Bytes on disk and what they mean: safetensors, Hugging Face JSON files. Pure Java; every length
 * is checked before it is believed.
 */
@NullMarked
package dev.luthier.format;

import org.jspecify.annotations.NullMarked;
