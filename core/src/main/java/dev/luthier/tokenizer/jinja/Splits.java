package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** {@code split} and {@code rsplit}; a negative limit is none. */
final class Splits {
  private Splits() {}

  static List<Object> fromLeft(Env env, String s, String separator, long max) {
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int at = Search.first(env, s, separator, 0);
        at >= 0 && (max < 0 || parts.size() < max);
        at = Search.first(env, s, separator, from)) {
      env.element();
      parts.add(s.substring(from, at));
      from = at + separator.length();
    }
    parts.add(s.substring(from));
    return parts;
  }

  static List<Object> fromRight(Env env, String s, String separator, long max) {
    List<Object> parts = new ArrayList<>();
    int to = s.length();
    while (max < 0 || parts.size() < max) {
      int at = Search.last(env, s, separator, to);
      if (at < 0) {
        break;
      }
      env.element();
      parts.add(s.substring(at + separator.length(), to));
      to = at;
    }
    parts.add(s.substring(0, to));
    Collections.reverse(parts);
    return parts;
  }

  /** At runs of white space, which do not make empty parts. */
  static List<Object> words(Env env, String s, long max) {
    List<Object> parts = new ArrayList<>();
    int i = 0;
    while (true) {
      while (i < s.length() && Str.isSpace(s.charAt(i))) {
        i++;
      }
      if (i == s.length()) {
        return parts;
      }
      if (max >= 0 && parts.size() >= max) {
        parts.add(s.substring(i));
        return parts;
      }
      int start = i;
      while (i < s.length() && !Str.isSpace(s.charAt(i))) {
        i++;
      }
      env.element();
      parts.add(s.substring(start, i));
    }
  }

  static List<Object> wordsFromRight(Env env, String s, long max) {
    List<Object> parts = new ArrayList<>();
    int i = s.length();
    while (true) {
      while (i > 0 && Str.isSpace(s.charAt(i - 1))) {
        i--;
      }
      if (i == 0) {
        break;
      }
      if (max >= 0 && parts.size() >= max) {
        parts.add(s.substring(0, i));
        break;
      }
      int end = i;
      while (i > 0 && !Str.isSpace(s.charAt(i - 1))) {
        i--;
      }
      env.element();
      parts.add(s.substring(i, end));
    }
    Collections.reverse(parts);
    return parts;
  }
}
