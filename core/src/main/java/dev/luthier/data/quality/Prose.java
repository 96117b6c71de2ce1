package dev.luthier.data.quality;

import java.lang.Character.UnicodeScript;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The beginning of a text as far as it is prose, for {@link Language}.
 *
 * @param script what at least {@value #ONE_SCRIPT} of its letters are written in; Han stands for
 *     Chinese and Japanese
 * @param kana whether there are Japanese syllables among Han characters
 */
record Prose(String text, UnicodeScript script, boolean kana) {
  /** The share of letters that makes a text one of a single script. */
  private static final double ONE_SCRIPT = 0.7;

  /** Letters below which alphabets shared by many languages tell nothing. */
  private static final int FEW_LETTERS = 20;

  /** Letters that suffice where the script alone decides. */
  private static final int FEW_SIGNS = 4;

  /** Share of letters and marks among what is not white space; below it numbers or code. */
  private static final double LETTERS = 0.5;

  /** Share of {@code {}[]<>=;_\|$#@^~} above which a text is code. */
  private static final double CODE_SIGNS = 0.1;

  private static final Pattern NOT_PROSE =
      Pattern.compile("<<[^<>\n]*>>|```[^`]*(```|$)|`[^`\n]*`|https?://\\S+|www\\.\\S+");

  private static final Map<UnicodeScript, String> ONE_LANGUAGE =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(UnicodeScript.HANGUL, "ko"),
              Map.entry(UnicodeScript.THAI, "th"),
              Map.entry(UnicodeScript.GREEK, "el"),
              Map.entry(UnicodeScript.GEORGIAN, "ka"),
              Map.entry(UnicodeScript.ARMENIAN, "hy"),
              Map.entry(UnicodeScript.TAMIL, "ta"),
              Map.entry(UnicodeScript.TELUGU, "te"),
              Map.entry(UnicodeScript.KANNADA, "kn"),
              Map.entry(UnicodeScript.MALAYALAM, "ml"),
              Map.entry(UnicodeScript.GUJARATI, "gu"),
              Map.entry(UnicodeScript.GURMUKHI, "pa"),
              Map.entry(UnicodeScript.SINHALA, "si"),
              Map.entry(UnicodeScript.KHMER, "km"),
              Map.entry(UnicodeScript.LAO, "lo"),
              Map.entry(UnicodeScript.MYANMAR, "my")));

  /** Returns the prose among a text's first characters; empty when there is too little of it. */
  static Optional<Prose> of(String whole, int characters) {
    // Twice as much is read, so that code and addresses at the beginning may be left out.
    String read = whole.substring(0, Math.min(whole.length(), 2 * characters));
    String clear = NOT_PROSE.matcher(read).replaceAll(" ").strip();
    String text = clear.substring(0, Math.min(clear.length(), characters));
    Map<UnicodeScript, Integer> letters = new EnumMap<>(UnicodeScript.class);
    int all = 0;
    int visible = 0;
    int code = 0;
    int kana = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      visible += Character.isWhitespace(c) ? 0 : 1;
      code += "{}[]<>=;_\\|$#@^~".indexOf(c) >= 0 ? 1 : 0;
      if (Character.isLetter(c)) {
        UnicodeScript script = UnicodeScript.of(c);
        kana += isKana(script) ? 1 : 0;
        letters.merge(isKana(script) ? UnicodeScript.HAN : script, 1, Integer::sum);
        all++;
      } else if (isMark(c)) {
        visible--;
      }
    }
    if (all < LETTERS * visible || code > CODE_SIGNS * visible) {
      return Optional.empty();
    }
    for (Map.Entry<UnicodeScript, Integer> entry : letters.entrySet()) {
      if (entry.getValue() >= ONE_SCRIPT * all) {
        Prose prose = new Prose(text, entry.getKey(), 10 * kana >= entry.getValue());
        int needed = prose.onlyLanguage().isEmpty() ? FEW_LETTERS : FEW_SIGNS;
        return entry.getValue() >= needed ? Optional.of(prose) : Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** Returns the one language of the script; the empty string when several share it. */
  String onlyLanguage() {
    return script == UnicodeScript.HAN
        ? (kana ? "ja" : "zh")
        : ONE_LANGUAGE.getOrDefault(script, "");
  }

  private static boolean isKana(UnicodeScript script) {
    return script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA;
  }

  private static boolean isMark(int c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }
}
