package dev.luthier.server;

import dev.luthier.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What single tokens read as, inside a text. A token that is part of a character reads as U+FFFD;
 * its bytes say which part.
 */
final class TokenTexts {
  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");

  private final Tokenizer tokenizer;
  private final int[] before;
  private final String beforeText;
  private final Map<Integer, String> texts = new ConcurrentHashMap<>();

  TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.before = tokenizer.encodeIds("a", false); // a text's first space is dropped by some
    this.beforeText = tokenizer.decode(before, false);
  }

  /** What it adds to a text. */
  String text(int id) {
    return texts.computeIfAbsent(id, this::decoded);
  }

  private String decoded(int id) {
    int[] both = Arrays.copyOf(before, before.length + 1);
    both[before.length] = id;
    String text = tokenizer.decode(both, false);
    return text.startsWith(beforeText)
        ? text.substring(beforeText.length())
        : tokenizer.decode(new int[] {id}, false);
  }

  /** What it adds to a text's UTF-8. */
  byte[] bytes(int id) {
    String text = text(id);
    if (text.indexOf('\uFFFD') < 0 || !tokenizer.isToken(id)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    String token = tokenizer.token(id);
    Matcher single = BYTE.matcher(token);
    if (single.matches()) {
      return new byte[] {(byte) Integer.parseInt(single.group(1), 16)};
    }
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) byteOf(token.charAt(i));
    }
    return bytes;
  }

  /**
   * The byte that a character of a byte-level vocabulary stands for: itself where it is printed
   * Latin-1, else one of the 68 others, which stand from U+0100 on.
   */
  private static int byteOf(char c) {
    if (c < 256) {
      return c;
    }
    int other = c - 256;
    if (other < 33) {
      return other;
    }
    return other < 67 ? 127 + other - 33 : 173;
  }
}
