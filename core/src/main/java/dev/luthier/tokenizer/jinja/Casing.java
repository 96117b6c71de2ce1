package dev.luthier.tokenizer.jinja;

import java.util.Locale;

/** Upper, lower and title case, and padding. */
final class Casing {
  private Casing() {}

  static String capitalize(String s) {
    if (s.isEmpty()) {
      return s;
    }
    int first = s.codePointAt(0);
    // the whole string is lowered first, so that a final sigma is seen as final
    String lower = s.toLowerCase(Locale.ROOT);
    String head = Character.toString(first);
    return titled(first)
        + lower.substring(Math.min(lower.length(), head.toLowerCase(Locale.ROOT).length()));
  }

  private static String titled(int c) {
    int title = Character.toTitleCase(c);
    if (title != c) {
      return Character.toString(title);
    }
    String upper = Character.toString(c).toUpperCase(Locale.ROOT);
    int first = upper.codePointAt(0);
    return upper.codePointCount(0, upper.length()) > 1 && first != c
        ? Character.toString(first)
            + upper.substring(Character.charCount(first)).toLowerCase(Locale.ROOT)
        : Character.toString(c);
  }

  private static boolean cased(int c) {
    return Character.isLowerCase(c) || Character.isUpperCase(c) || Character.isTitleCase(c);
  }

  static String title(String s) {
    StringBuilder out = new StringBuilder(s.length());
    boolean inWord = false;
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      if (inWord) {
        out.append(Character.toString(c).toLowerCase(Locale.ROOT));
      } else {
        out.append(titled(c));
      }
      inWord = cased(c);
    }
    return out.toString();
  }

  static String swap(String s) {
    StringBuilder out = new StringBuilder(s.length());
    s.codePoints()
        .forEach(
            c -> {
              String one = Character.toString(c);
              out.append(
                  Character.isUpperCase(c)
                      ? one.toLowerCase(Locale.ROOT)
                      : Character.isLowerCase(c) ? one.toUpperCase(Locale.ROOT) : one);
            });
    return out.toString();
  }

  static boolean isLower(String s) {
    return s.codePoints().anyMatch(Character::isLowerCase)
        && s.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }

  static boolean isUpper(String s) {
    return s.codePoints().anyMatch(Character::isUpperCase)
        && s.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }

  static boolean isTitle(String s) {
    boolean inWord = false;
    boolean any = false;
    for (int c : s.codePoints().toArray()) {
      boolean upper = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (upper && inWord || !upper && Character.isLowerCase(c) && !inWord) {
        return false;
      }
      inWord = cased(c);
      any |= inWord;
    }
    return any;
  }

  /** Pads to a width; {@code how} is c, l or r for where the text goes. */
  static String pad(Env env, String s, long width, String fill, char how) {
    long missing = width - Str.length(s);
    if (missing <= 0) {
      return s;
    }
    // Python gives an odd space to the left where the width is odd
    long left =
        switch (how) {
          case 'c' -> missing / 2 + (missing & width & 1);
          case 'r' -> missing;
          default -> 0;
        };
    env.allocate(width);
    return Str.repeat(env, fill, left) + s + Str.repeat(env, fill, missing - left);
  }
}
