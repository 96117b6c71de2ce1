package dev.luthier.recipe;

import dev.luthier.Setting;
import java.util.List;

/**
 * Tokens that are new to the model.
 *
 * @param add their texts
 */
public record TokenSettings(
    @Setting(
            help = "special tokens to add, such as ['<|user|>', '<|end|>']; their rows are trained",
            value = "")
        List<String> add) {
  /** Keeps the list. */
  public TokenSettings {
    add = List.copyOf(add);
  }

  /** Returns no new tokens. */
  static TokenSettings none() {
    return new TokenSettings(List.of());
  }
}
