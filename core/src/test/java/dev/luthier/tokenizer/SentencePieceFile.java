package dev.luthier.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes SentencePiece models for tests, field by field as sentencepiece_model.proto has them. */
final class SentencePieceFile {
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int BYTE = 6;

  private final ByteArrayOutputStream model = new ByteArrayOutputStream();
  private final ByteArrayOutputStream trainer = new ByteArrayOutputStream();
  private final ByteArrayOutputStream normalizer = new ByteArrayOutputStream();

  /** {@code <unk>}, {@code <s>}, {@code </s>}, then the 256 bytes. */
  SentencePieceFile withBytes() {
    piece("<unk>", 0, UNKNOWN).piece("<s>", 0, CONTROL).piece("</s>", 0, CONTROL);
    for (int b = 0; b < 256; b++) {
      piece("<0x%02X>".formatted(b), 0, BYTE);
    }
    return this;
  }

  SentencePieceFile piece(String text, double score, int type) {
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    bytes(piece, 1, text.getBytes(StandardCharsets.UTF_8));
    piece.write(2 << 3 | 5);
    piece.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat((float) score).array());
    number(piece, 3, type);
    bytes(model, 1, piece.toByteArray());
    return this;
  }

  /** A number of the trainer's settings: 3 is the model type, 40 to 43 are ids. */
  SentencePieceFile trainer(int field, int value) {
    number(trainer, field, value);
    return this;
  }

  /** A flag of the normalizer's settings: 3 is add_dummy_prefix, 4 remove_extra_whitespaces. */
  SentencePieceFile normalizer(int field, boolean value) {
    number(normalizer, field, value ? 1 : 0);
    return this;
  }

  byte[] content() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(model.toByteArray());
    bytes(all, 2, trainer.toByteArray());
    bytes(all, 3, normalizer.toByteArray());
    return all.toByteArray();
  }

  Path write(Path file) throws IOException {
    return Files.write(file, content());
  }

  private static void number(ByteArrayOutputStream out, int field, int value) {
    varint(out, (long) field << 3);
    varint(out, value); // negative ones take ten bytes
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    varint(out, (long) field << 3 | 2);
    varint(out, value.length);
    out.writeBytes(value);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
