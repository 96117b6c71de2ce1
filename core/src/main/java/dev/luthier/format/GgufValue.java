package dev.luthier.format;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A value of a GGUF file's metadata, with the type under which the file stores it. */
public sealed interface GgufValue {
  /** Types of values, in the order of the numbers that stand for them in a file: 0 to 12. */
  enum Type {
    /** Unsigned 8-bit integer. */
    UINT8(1),
    /** Signed 8-bit integer. */
    INT8(1),
    /** Unsigned 16-bit integer. */
    UINT16(2),
    /** Signed 16-bit integer. */
    INT16(2),
    /** Unsigned 32-bit integer. */
    UINT32(4),
    /** Signed 32-bit integer. */
    INT32(4),
    /** IEEE 32-bit float. */
    FLOAT32(4),
    /** A byte that is 0 or 1. */
    BOOL(1),
    /** UTF-8 text after its length. */
    STRING(8),
    /** Values of one type after that type and their number. */
    ARRAY(12),
    /** Unsigned 64-bit integer. */
    UINT64(8),
    /** Signed 64-bit integer. */
    INT64(8),
    /** IEEE 64-bit float. */
    FLOAT64(8);

    private final int leastBytes;

    Type(int leastBytes) {
      this.leastBytes = leastBytes;
    }

    /** The fewest bytes that a value takes in a file. */
    int leastBytes() {
      return leastBytes;
    }

    /** The type of this number, if it is one. */
    static Optional<Type> of(int code) {
      return Arrays.stream(values()).filter(t -> t.ordinal() == code).findFirst();
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How the file stores it. */
  Type type();

  /**
   * A whole number.
   *
   * @param value an unsigned 64-bit one above {@link Long#MAX_VALUE} is negative here
   */
  record Whole(Type type, long value) implements GgufValue {
    @Override
    public String toString() {
      return type == Type.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
  }

  /** A floating-point number. */
  record Real(Type type, double value) implements GgufValue {
    @Override
    public String toString() {
      return type == Type.FLOAT32 ? Float.toString((float) value) : Double.toString(value);
    }
  }

  /** True or false. */
  record Flag(boolean value) implements GgufValue {
    @Override
    public Type type() {
      return Type.BOOL;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /** A text. */
  record Text(String value) implements GgufValue {
    @Override
    public Type type() {
      return Type.STRING;
    }

    @Override
    public String toString() {
      return value;
    }
  }

  /** Values of one type. */
  record Array(Type element, List<GgufValue> values) implements GgufValue {
    /** Copies the list. */
    public Array {
      values = List.copyOf(values);
    }

    @Override
    public Type type() {
      return Type.ARRAY;
    }

    @Override
    public String toString() {
      return values.toString();
    }
  }
}
