package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The secret that an endpoint wants to see. It never becomes part of a text by accident. */
public final class ApiKey {
  private static final Pattern PRINTABLE = Pattern.compile("[\\x21-\\x7e]+");

  private final String value;

  /**
   * @param value the key; blanks around it do not count
   * @throws LuthierException when it cannot be sent: it is empty, or has characters that a header
   *     cannot carry
   */
  public ApiKey(String value) {
    this(value, "the API key", "in a file (--api-key-file) or as LUTHIER_API_KEY");
  }

  /**
   * @param name what the user calls it
   * @param where it may be given
   */
  ApiKey(String value, String name, String where) {
    this.value = value.strip();
    if (!PRINTABLE.matcher(this.value).matches()) {
      throw new LuthierException(
          name
              + " is "
              + (this.value.isEmpty() ? "empty" : "not one line of printable ASCII")
              + ": give it alone, "
              + where);
    }
  }

  /**
   * Reads a file that holds the key and nothing else.
   *
   * @throws LuthierException when it cannot be read or holds no key
   */
  public static ApiKey read(Path file) {
    try {
      return new ApiKey(Files.readString(file));
    } catch (IOException e) {
      throw new LuthierException("the API key's file " + file + " cannot be read: " + e, e);
    }
  }

  /** The header's value. */
  String bearer() {
    return "Bearer " + value;
  }

  /** A text of others, such as an error's body, without the key: some endpoints repeat it. */
  String redact(String text) {
    return text.replaceAll(Pattern.quote(value), Matcher.quoteReplacement("[key]"));
  }

  /** Whether a text has it. */
  boolean isIn(String text) {
    return text.contains(value);
  }

  @Override
  public String toString() {
    return "[key]";
  }
}
