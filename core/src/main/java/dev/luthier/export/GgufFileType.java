package dev.luthier.export;

import dev.luthier.format.GgufType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What most of a GGUF file's matrices are stored as, under the names that llama.cpp has. */
public enum GgufFileType {
  /** 32-bit floats. */
  F32(0, GgufType.F32),
  /** 16-bit floats, up to 65,504. */
  F16(1, GgufType.F16),
  /** The upper halves of 32-bit floats. */
  BF16(32, GgufType.BF16),
  /** 8.5 bits. */
  Q8_0(7, GgufType.Q8_0),
  /** 4.5 bits. */
  Q4_0(2, GgufType.Q4_0),
  /** 5 bits. */
  Q4_1(3, GgufType.Q4_1),
  /** 5.5 bits. */
  Q5_0(8, GgufType.Q5_0),
  /** 6 bits. */
  Q5_1(9, GgufType.Q5_1),
  /** 2.6 bits, more in what matters. */
  Q2_K(10, GgufType.Q2_K),
  /** 3.4 bits. */
  Q3_K_S(11, GgufType.Q3_K),
  /** 3.4 bits, more in what matters. */
  Q3_K_M(12, GgufType.Q3_K),
  /** 3.4 bits, much more in what matters. */
  Q3_K_L(13, GgufType.Q3_K),
  /** 4.5 bits, more in the first blocks. */
  Q4_K_S(14, GgufType.Q4_K),
  /** 4.5 bits, more in what matters. */
  Q4_K_M(15, GgufType.Q4_K),
  /** 5.5 bits. */
  Q5_K_S(16, GgufType.Q5_K),
  /** 5.5 bits, more in what matters. */
  Q5_K_M(17, GgufType.Q5_K),
  /** 6.6 bits. */
  Q6_K(18, GgufType.Q6_K),
  /** 4.5 bits at uneven distances. */
  IQ4_NL(25, GgufType.IQ4_NL),
  /** 4.25 bits at uneven distances. */
  IQ4_XS(30, GgufType.IQ4_XS);

  private final int code;
  private final GgufType type;

  GgufFileType(int code, GgufType type) {
    this.code = code;
    this.type = type;
  }

  /** The number that {@code general.file_type} has for it. */
  int code() {
    return code;
  }

  /** What a matrix is stored as where no rule says otherwise. */
  GgufType type() {
    return type;
  }

  /** By name, in any case; without S, M or L the middle one is meant. */
  public static Optional<GgufFileType> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(t -> t.name().equals(upper) || t.name().equals(upper + "_M"))
        .findFirst();
  }

  /** All names, for messages. */
  public static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
