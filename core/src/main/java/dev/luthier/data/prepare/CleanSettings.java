package dev.luthier.data.prepare;

import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.util.Locale;

/**
 * How texts are normalised before anything else looks at them.
 *
 * @param repair whether mojibake is decoded and stray control and invisible characters go
 * @param unicode whether texts are brought to Unicode's normal form C
 * @param whitespace whether line ends become {@code \n}, spaces at the ends of lines and around the
 *     text go, and more than two blank lines become one
 * @param specialTokens what happens to the tokenizer's special tokens spelt out in texts
 * @param duplicates which repetitions of earlier rows are left out
 */
public record CleanSettings(
    @Setting(help = "decode mojibake, remove control and invisible characters", value = "true")
        boolean repair,
    @Setting(help = "Unicode's normal form C", value = "true") boolean unicode,
    @Setting(help = "line ends as \\n, no spaces at line ends or around texts", value = "true")
        boolean whitespace,
    @Setting(help = "special tokens spelt out in texts: keep | remove", value = "keep")
        SpecialTokens specialTokens,
    @Setting(help = "rows left out: near (and exact) | exact | none", value = "near")
        Duplicates duplicates) {

  /** What happens to special tokens in texts. */
  public enum SpecialTokens {
    /** They stay, and become those tokens. */
    KEEP,
    /** They are cut out. */
    REMOVE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which repetitions go. */
  public enum Duplicates {
    /** Rows that equal or nearly equal an earlier one. */
    NEAR,
    /** Rows that equal an earlier one. */
    EXACT,
    /** None. */
    NONE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The usual. */
  public static CleanSettings defaults() {
    return SettingDefaults.of(CleanSettings.class);
  }
}
