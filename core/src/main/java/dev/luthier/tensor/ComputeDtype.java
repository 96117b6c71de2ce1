package dev.luthier.tensor;

import dev.luthier.SettingValue;
import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The number format that a model computes in; what is trained is kept in float32 regardless. */
public enum ComputeDtype implements SettingValue {
  /** IEEE single precision, 4 bytes. */
  FLOAT32,
  /** The upper half of a float32, 2 bytes. */
  BFLOAT16;

  /**
   * Reads float32, bfloat16, f32 or bf16.
   *
   * @throws IllegalArgumentException for any other word
   */
  public static ComputeDtype fromSetting(Object raw) {
    return switch (String.valueOf(raw).strip().toLowerCase(Locale.ROOT)) {
      case "float32", "f32" -> FLOAT32;
      case "bfloat16", "bf16" -> BFLOAT16;
      default -> throw new IllegalArgumentException("float32 | bfloat16 (f32 | bf16 for short)");
    };
  }

  /** libtorch's name for it. */
  public ScalarType scalarType() {
    return this == BFLOAT16 ? ScalarType.BFloat16 : ScalarType.Float;
  }

  @Override
  public Object toSetting() {
    return toString();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
