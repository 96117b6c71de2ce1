package dev.luthier.format;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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

  /** A text. */
  static GgufValue of(String value) {
    return new Text(value);
  }

  /** True or false. */
  static GgufValue of(boolean value) {
    return new Flag(value);
  }

  /** A whole number from 0 to 2^32 - 1, which is how llama.cpp stores most. */
  static GgufValue uint32(long value) {
    return new Whole(Type.UINT32, value);
  }

  /** A number that is rounded to float32. */
  static GgufValue float32(double value) {
    return new Real(Type.FLOAT32, (float) value);
  }

  /** Texts. */
  static GgufValue texts(List<String> values) {
    return array(Type.STRING, values.stream().map(GgufValue::of));
  }

  /** Whole numbers of 32 bits with a sign. */
  static GgufValue int32s(List<Integer> values) {
    return array(Type.INT32, values.stream().map(v -> new Whole(Type.INT32, v)));
  }

  /** Whole numbers from 0 to 2^32 - 1. */
  static GgufValue uint32s(List<Long> values) {
    return array(Type.UINT32, values.stream().map(GgufValue::uint32));
  }

  /** Numbers that are rounded to float32. */
  static GgufValue float32s(List<Float> values) {
    return array(Type.FLOAT32, values.stream().map(GgufValue::float32));
  }

  /** True or false, several times. */
  static GgufValue flags(List<Boolean> values) {
    return array(Type.BOOL, values.stream().map(GgufValue::of));
  }

  private static GgufValue array(Type element, Stream<? extends GgufValue> values) {
    return new Array(element, values.map(v -> (GgufValue) v).toList());
  }

  /**
   * A whole number.
   *
   * @param value an unsigned 64-bit one above {@link Long#MAX_VALUE} is negative here
   */
  record Whole(Type type, long value) implements GgufValue {
    private static final Map<Type, Integer> BITS =
        Map.of(
            Type.UINT8,
            8,
            Type.INT8,
            7,
            Type.UINT16,
            16,
            Type.INT16,
            15,
            Type.UINT32,
            32,
            Type.INT32,
            31,
            Type.UINT64,
            64,
            Type.INT64,
            63);

    /** Checks that the type holds the number. */
    public Whole {
      Integer bits = BITS.get(type);
      boolean signed = bits != null && bits % 2 == 1;
      if (bits == null || bits < 63 && (value >> bits != 0) && !(signed && value >> bits == -1)) {
        throw new IllegalArgumentException(value + " is no " + type);
      }
    }

    @Override
    public String toString() {
      return type == Type.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
  }

  /** A floating-point number. */
  record Real(Type type, double value) implements GgufValue {
    /** Checks the type. */
    public Real {
      if (type != Type.FLOAT32 && type != Type.FLOAT64) {
        throw new IllegalArgumentException(value + " is no " + type);
      }
    }

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
    /** Copies the list and checks the values' type. */
    public Array {
      values = List.copyOf(values);
      if (values.stream().anyMatch(v -> v.type() != element)) {
        throw new IllegalArgumentException("not all values are of type " + element);
      }
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
