package dev.luthier.export.gotemplate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A function that templates may call. */
@FunctionalInterface
interface GoFunction {
  /**
   * @throws IllegalArgumentException for arguments that it cannot take
   */
  @Nullable Object call(List<@Nullable Object> arguments);
}
