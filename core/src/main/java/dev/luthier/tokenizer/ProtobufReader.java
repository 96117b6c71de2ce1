package dev.luthier.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads one message of Protocol Buffers' <a
 * href="https://protobuf.dev/programming-guides/encoding/">wire format</a>, field by field. Every
 * length is checked against the bytes that are there.
 */
final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final ByteBuffer in;
  private int wireType;

  ProtobufReader(ByteBuffer message) {
    this.in = message.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Goes on to the next field, whose value must be read or skipped; 0 at the message's end. */
  int next() throws IOException {
    if (!in.hasRemaining()) {
      return 0;
    }
    long tag = varint();
    wireType = (int) (tag & 7);
    long field = tag >>> 3;
    if (field < 1 || field >= 1 << 29) {
      throw damaged("field number " + field);
    }
    return (int) field;
  }

  /** An integer or enumeration; negative ones are 64 bits wide in the file. */
  int int32() throws IOException {
    expect(VARINT);
    return (int) varint();
  }

  boolean bool() throws IOException {
    expect(VARINT);
    return varint() != 0;
  }

  float float32() throws IOException {
    expect(FIXED32);
    require(4);
    return in.getFloat();
  }

  /** Bytes, or a message inside the message. */
  ByteBuffer bytes() throws IOException {
    expect(BYTES);
    int length = length();
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    return bytes;
  }

  String string() throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes()).toString();
    } catch (CharacterCodingException e) {
      throw new IOException("a string ending at byte " + in.position() + " is not UTF-8", e);
    }
  }

  void skip() throws IOException {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case BYTES -> advance(length());
      case FIXED32 -> advance(4);
      default -> throw damaged("wire type " + wireType);
    }
  }

  private void expect(int type) throws IOException {
    if (wireType != type) {
      throw damaged("wire type " + wireType + " where " + type + " was expected");
    }
  }

  private int length() throws IOException {
    long length = varint();
    if (length < 0 || length > in.remaining()) {
      throw new IOException(
          "a field of "
              + Long.toUnsignedString(length)
              + " bytes has only "
              + in.remaining()
              + " left: the file is cut short");
    }
    return (int) length;
  }

  private void advance(int count) throws IOException {
    require(count);
    in.position(in.position() + count);
  }

  private void require(int count) throws IOException {
    if (in.remaining() < count) {
      throw new IOException("the file is cut short inside a number");
    }
  }

  private long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      require(1);
      byte b = in.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw damaged("a number of more than ten bytes");
  }

  private IOException damaged(String found) {
    return new IOException("found " + found + " at byte " + in.position());
  }
}
