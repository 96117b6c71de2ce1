package dev.luthier.cli;

import dev.luthier.UsageException;
import java.util.Optional;

/** Checks of flags that belong together. */
final class Flags {
  private Flags() {}

  /**
   * Checks that one of two flags was given, and only one.
   *
   * @throws UsageException when both or neither was given
   */
  static void exactlyOne(String nameA, Optional<?> a, String nameB, Optional<?> b) {
    if (a.isPresent() == b.isPresent()) {
      throw new UsageException(
          (a.isPresent()
                  ? "both " + nameA + " and " + nameB + " are"
                  : "neither " + nameA + " nor " + nameB + " is")
              + " given: say exactly one of them");
    }
  }
}
