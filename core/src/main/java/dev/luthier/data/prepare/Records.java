package dev.luthier.data.prepare;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Files of numbers, texts and bytes of any length, one after another. */
final class Records {
  private static final int BUFFER = 1 << 16;

  private Records() {}

  static DataOutputStream to(OutputStream out) {
    return new DataOutputStream(new BufferedOutputStream(out, BUFFER));
  }

  static DataInputStream from(InputStream in) {
    return new DataInputStream(new BufferedInputStream(in, BUFFER));
  }

  static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static void write(DataOutputStream out, String text) throws IOException {
    write(out, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] bytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  static String text(DataInputStream in) throws IOException {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }
}
