package dev.luthier.data.quality;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which rows a prepared set keeps. Everything but the prompt's ratio is about the answer, or the
 * text of a row that has no answer. By default nothing is refused.
 *
 * @param minChars fewest characters (code points)
 * @param maxChars most characters
 * @param minWords fewest words; a Chinese, Japanese or Thai character counts as one
 * @param maxWords most words
 * @param minLetters smallest share of words with a letter in them
 * @param maxSymbols most "#" and "..." per word
 * @param minAnswerRatio shortest answer, in characters per character of the prompt
 * @param maxAnswerRatio longest answer, in characters per character of the prompt
 * @param languages the languages kept
 * @param keepUnknown whether a text whose language is not clear is kept when languages are given
 * @param require expressions that must be found, by name
 * @param forbid expressions that must not be found, by name
 * @param maxDuplicateLines largest share of lines that stand in the text before
 * @param maxTopNgram largest share of characters in the most frequent 4 words
 */
public record FilterSettings(
    @Setting(help = "fewest characters of an answer") Optional<Integer> minChars,
    @Setting(help = "most characters of an answer") Optional<Integer> maxChars,
    @Setting(help = "fewest words of an answer") Optional<Integer> minWords,
    @Setting(help = "most words of an answer") Optional<Integer> maxWords,
    @Setting(help = "smallest share of words with a letter, 0 to 1 (Gopher: 0.8)")
        Optional<Double> minLetters,
    @Setting(help = "most '#' and '...' per word (Gopher: 0.1)") Optional<Double> maxSymbols,
    @Setting(help = "shortest answer, characters per character of the prompt")
        Optional<Double> minAnswerRatio,
    @Setting(help = "longest answer, characters per character of the prompt")
        Optional<Double> maxAnswerRatio,
    @Setting(help = "languages kept, ISO 639-1 codes: [en, de]; none keeps all", value = "")
        List<String> languages,
    @Setting(help = "keep texts whose language is not clear (short ones, code)", value = "true")
        boolean keepUnknown,
    @Setting(help = "regular expressions that must be found, by name", value = "")
        Map<String, String> require,
    @Setting(help = "regular expressions that must not be found, by name", value = "")
        Map<String, String> forbid,
    @Setting(help = "largest share of duplicate lines, 0 to 1 (Gopher: 0.3)")
        Optional<Double> maxDuplicateLines,
    @Setting(help = "largest share of the most frequent 4 words, 0 to 1 (Gopher: 0.16)")
        Optional<Double> maxTopNgram) {

  /** Checks everything at once. */
  public FilterSettings {
    languages = List.copyOf(languages);
    Complaints complaints = new Complaints();
    count(complaints, "minChars", minChars);
    count(complaints, "maxChars", maxChars);
    count(complaints, "minWords", minWords);
    count(complaints, "maxWords", maxWords);
    ordered(complaints, "Chars", minChars, maxChars);
    ordered(complaints, "Words", minWords, maxWords);
    ordered(complaints, "AnswerRatio", minAnswerRatio, maxAnswerRatio);
    share(complaints, "minLetters", minLetters);
    share(complaints, "maxDuplicateLines", maxDuplicateLines);
    share(complaints, "maxTopNgram", maxTopNgram);
    for (String language : languages) {
      complaints.unless(
          language.matches("[a-z]{2,3}"),
          "filters.languages",
          language,
          "must be a code of ISO 639 in lower case, such as en or de");
    }
    expressions(complaints, "require", require);
    expressions(complaints, "forbid", forbid);
    complaints.throwIfAny();
  }

  /** Returns settings that refuse nothing. */
  public static FilterSettings defaults() {
    return SettingDefaults.of(FilterSettings.class);
  }

  private static void count(Complaints complaints, String name, Optional<Integer> value) {
    value.ifPresent(v -> complaints.unless(v >= 0, "filters." + name, v, "must not be negative"));
  }

  private static void share(Complaints complaints, String name, Optional<Double> value) {
    value.ifPresent(
        v -> complaints.unless(v >= 0 && v <= 1, "filters." + name, v, "must be from 0 to 1"));
  }

  private static <N extends Number> void ordered(
      Complaints complaints, String name, Optional<N> least, Optional<N> most) {
    if (least.isPresent() && most.isPresent()) {
      complaints.unless(
          least.get().doubleValue() <= most.get().doubleValue(),
          "filters.min" + name,
          least.get(),
          "must not be above filters.max" + name + ", " + most.get());
    }
  }

  private static void expressions(
      Complaints complaints, String list, Map<String, String> expressions) {
    expressions.forEach(
        (name, expression) -> {
          try {
            Pattern.compile(expression);
          } catch (PatternSyntaxException e) {
            complaints.add(
                "filters."
                    + list
                    + "."
                    + name
                    + " is "
                    + expression
                    + ": not a regular expression ("
                    + e.getDescription()
                    + " near index "
                    + e.getIndex()
                    + ")");
          }
        });
  }
}
