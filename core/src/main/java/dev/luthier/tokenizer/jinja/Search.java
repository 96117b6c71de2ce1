package dev.luthier.tokenizer.jinja;

/**
 * Substring search in linear time: Java's own takes the product of both lengths for texts made to
 * that end, so longer needles go through Knuth, Morris and Pratt's algorithm.
 */
final class Search {
  private static final int SHORT = 16;

  private Search() {}

  /** Position of the first occurrence at or after {@code from}, or -1. */
  static int first(Env env, String s, String needle, int from) {
    if (needle.length() > s.length() - from) {
      return -1;
    }
    int found = needle.length() <= SHORT ? s.indexOf(needle, from) : linear(env, s, needle, from);
    int read = (found < 0 ? s.length() : found) - from;
    env.steps(read >> (needle.length() == 1 ? 6 : 4));
    return found;
  }

  private static int linear(Env env, String s, String needle, int from) {
    int end = needle.length();
    env.allocate(2L * end);
    int[] border = new int[end];
    for (int i = 1, k = 0; i < end; i++) {
      while (k > 0 && needle.charAt(i) != needle.charAt(k)) {
        k = border[k - 1];
      }
      k += needle.charAt(i) == needle.charAt(k) ? 1 : 0;
      border[i] = k;
    }
    for (int i = from, k = 0; i < s.length(); i++) {
      while (k > 0 && s.charAt(i) != needle.charAt(k)) {
        k = border[k - 1];
      }
      k += s.charAt(i) == needle.charAt(k) ? 1 : 0;
      if (k == end) {
        return i - end + 1;
      }
    }
    return -1;
  }

  /** Position of the last occurrence that ends at or before {@code to}, or -1. */
  static int last(Env env, String s, String needle, int to) {
    if (needle.length() > to) {
      return -1;
    }
    if (needle.length() > SHORT) {
      return counted(env, s, needle, to - needle.length());
    }
    int found = s.lastIndexOf(needle, to - needle.length());
    env.steps((to - Math.max(found, 0)) >> (needle.length() == 1 ? 6 : 4));
    return found;
  }

  /** Backwards, character by character, each comparison accounted for. */
  private static int counted(Env env, String s, String needle, int from) {
    for (int at = from; at >= 0; at--) {
      int same = 0;
      while (same < needle.length() && s.charAt(at + same) == needle.charAt(same)) {
        same++;
      }
      if (same == needle.length()) {
        return at;
      }
      env.steps((same >> 4) + (at & 15) / 15);
    }
    return -1;
  }
}
