package dev.luthier.data.privacy;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Secrets that are written beside their name, {@code api_key: "..."}, and those of addresses,
 * {@code postgres://user:secret@host}. The name says what is meant, so the value need only not be a
 * word, a variable or a placeholder.
 */
final class Credentials implements Detector {
  private static final int MAX_NAME = 40;
  private static final int MAX_AUTHORITY = 300;

  private static final List<String> PASSWORD = List.of("password", "passwd", "passphrase", "pwd");
  private static final List<String> KEY =
      List.of(
          "secret",
          "token",
          "apikey",
          "secretkey",
          "accesskey",
          "privatekey",
          "accountkey",
          "encryptionkey",
          "signingkey",
          "authorization");

  /** What those end with: most names before a sign are dismissed by it. */
  private static final List<String> ENDS =
      List.of("word", "wd", "phrase", "cret", "token", "key", "zation");

  /** The value after "=", ":", ":=" or "=>". */
  private static final Pattern VALUE =
      Pattern.compile(
          "[=:]?>?[ \\t]{0,4}(?:(?:Bearer|Basic|Token) {1,2})?"
              + "(?:\"([^\"\\s]{6,255}+)\"|'([^'\\s]{6,255}+)'|`([^`\\s]{6,255}+)`"
              + "|([^\\s\"'`<>()\\[\\]{},;\\\\]{6,255}+)(?![(\\[{]))");

  /** Names of variables and their fields, calls and templates. */
  private static final Pattern EXPRESSION =
      Pattern.compile(
          "[$%<{\\[(].*|\\w+(?:(?:\\.|->|::)\\w+)++.*|.*(?:\\.\\.\\.|\\*\\*\\*|\\$\\{|\\{\\{|://).*");

  private static final Set<String> PLACEHOLDERS =
      Set.of(
          "password",
          "passwd",
          "pass",
          "pwd",
          "mypassword",
          "yourpassword",
          "newpassword",
          "changeme",
          "secret",
          "secretpassword",
          "example",
          "test",
          "admin",
          "user",
          "root",
          "abc",
          "qwerty",
          "x",
          "xxx",
          "token",
          "key",
          "apikey",
          "yourapikey",
          "yourtoken",
          "yoursecret");

  @Override
  public void find(String text, Candidates found) {
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ':' && text.startsWith("//", i + 1)) {
        address(text, i + 3, found);
      } else if (c == ':' || c == '=') {
        assignment(text, i, found);
      }
    }
  }

  private static void assignment(String text, int sign, Candidates found) {
    String name = nameBefore(text, sign);
    boolean password = PASSWORD.stream().anyMatch(name::endsWith);
    if (!password && KEY.stream().noneMatch(name::endsWith)) {
      return;
    }
    Matcher m = VALUE.matcher(text).region(sign + 1, text.length());
    if (!m.lookingAt()) {
      return;
    }
    int group = 1;
    while (m.group(group) == null) {
      group++;
    }
    int end = m.end(group);
    while (group == 4 && end > m.start(group) && ".:!?".indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    String value = text.substring(m.start(group), end);
    if (password ? isPassword(value) : isKey(value)) {
      found.add(Kind.SECRET, m.start(group), end);
    }
  }

  /**
   * Returns the name before a sign, in small letters, without _ and -; empty when there is none.
   */
  private static String nameBefore(String text, int sign) {
    int end = sign;
    while (end > 0 && sign - end < 3 && " \"'`]*:".indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    if (!endsAsName(text, end)) {
      return "";
    }
    int start = end;
    while (start > 0 && end - start < MAX_NAME && isName(text.charAt(start - 1))) {
      start--;
    }
    return text.substring(start, end).toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  private static boolean endsAsName(String text, int end) {
    for (String last : ENDS) {
      if (text.regionMatches(true, end - last.length(), last, 0, last.length())) {
        return true;
      }
    }
    return false;
  }

  private static void address(String text, int start, Candidates found) {
    int at = -1;
    int colon = -1;
    int end = start;
    int limit = Math.min(text.length(), start + MAX_AUTHORITY);
    while (end < limit && !endsAuthority(text.charAt(end))) {
      at = text.charAt(end) == '@' ? end : at;
      colon = text.charAt(end) == ':' && colon < 0 ? end : colon;
      end++;
    }
    if (colon > start && colon < at - 1) {
      String password = text.substring(colon + 1, at);
      if (!isPlaceholder(password) && !EXPRESSION.matcher(password).matches()) {
        found.add(Kind.SECRET, start, end);
      }
    }
  }

  private static boolean isPassword(String value) {
    return value.length() >= 6
        && value.chars().anyMatch(Character::isLetter)
        && value.chars().anyMatch(c -> !Character.isLetter(c) && "_-'.".indexOf(c) < 0)
        && Randomness.bitsPerCharacter(value) >= 2
        && !isPlaceholder(value)
        && !EXPRESSION.matcher(value).matches();
  }

  private static boolean isKey(String value) {
    return value.length() >= 16
        && value.chars().allMatch(c -> c < 128)
        && value.chars().anyMatch(Character::isDigit)
        && value.chars().anyMatch(Character::isLetter)
        && Randomness.bitsPerCharacter(value) >= 3
        && !EXPRESSION.matcher(value).matches();
  }

  /** Returns whether the letters of a value are a word that stands for one: "password123". */
  private static boolean isPlaceholder(String value) {
    String letters = value.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
    return PLACEHOLDERS.contains(letters) || letters.isEmpty() && value.length() < 6;
  }

  private static boolean endsAuthority(char c) {
    return c <= ' ' || "/?#\"'`<>\\".indexOf(c) >= 0;
  }

  private static boolean isName(char c) {
    return c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
  }
}
