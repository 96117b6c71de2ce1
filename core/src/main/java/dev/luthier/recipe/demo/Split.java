package dev.luthier.recipe.demo;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Which part of the demo a sentence may appear in. It is decided by a hash of the lower-cased plain
 * sentence alone, so that no seed can let a held-out sentence into training or pre-training.
 */
enum Split {
  /** Scored, never trained on; one sentence in 16. */
  HELD_OUT,
  /** Fine-tuned on; three in 16. */
  TRAIN,
  /** Pre-trained on; the rest. */
  CORPUS;

  /** The part that {@code plain} belongs to: FNV-1a over its UTF-8 bytes, upper bits of 64. */
  static Split of(String plain) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : plain.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    // FNV's last bytes reach the upper bits poorly: mix once more before taking them.
    int bucket = (int) ((hash * 0x9E3779B97F4A7C15L) >>> 60);
    if (bucket == 0) {
      return HELD_OUT;
    }
    return bucket <= 3 ? TRAIN : CORPUS;
  }
}
