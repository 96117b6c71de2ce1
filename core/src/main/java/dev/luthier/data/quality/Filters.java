package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The filters of {@code data prepare}, cheapest first. Thread-safe. */
public final class Filters {
  private final List<Filter> filters = new ArrayList<>();

  /**
   * Why a row is left out.
   *
   * @param filter the setting that refuses it: {@code minChars}, {@code forbid.links}
   * @param reason what was found and what is allowed, in words
   */
  public record Refused(String filter, String reason) {}

  /** Compiles the filters that are set. */
  public Filters(FilterSettings settings) {
    lengths(settings);
    ratios(settings);
    repetitions(settings);
    new TreeMap<>(settings.require()).forEach((name, e) -> expression("require", name, e, true));
    new TreeMap<>(settings.forbid()).forEach((name, e) -> expression("forbid", name, e, false));
    if (!settings.languages().isEmpty()) {
      filters.add(text -> language(text, settings));
    }
  }

  /**
   * Returns the first filter that refuses a row; empty when it is kept.
   *
   * @param prompt what is answered; empty for plain text, which ratios to the prompt then ignore
   * @param answer the answer, or the plain text
   */
  public Optional<Refused> refuse(String prompt, String answer) {
    Text text = new Text(prompt, answer);
    for (Filter filter : filters) {
      Optional<Refused> refused = filter.refuse(text);
      if (refused.isPresent()) {
        return refused;
      }
    }
    return Optional.empty();
  }

  private void lengths(FilterSettings s) {
    s.minChars().ifPresent(n -> least("minChars", Text::chars, n, "characters"));
    s.maxChars().ifPresent(n -> most("maxChars", Text::chars, n, "characters"));
    s.minWords().ifPresent(n -> least("minWords", text -> text.words().size(), n, "words"));
    s.maxWords().ifPresent(n -> most("maxWords", text -> text.words().size(), n, "words"));
  }

  private void ratios(FilterSettings s) {
    s.minLetters().ifPresent(x -> least("minLetters", Text::letters, x, "of words with a letter"));
    s.maxSymbols().ifPresent(x -> most("maxSymbols", Text::symbols, x, "symbols per word"));
    String perPrompt = "characters per character of the prompt";
    s.minAnswerRatio().ifPresent(x -> least("minAnswerRatio", text -> text.ratio(x), x, perPrompt));
    s.maxAnswerRatio().ifPresent(x -> most("maxAnswerRatio", text -> text.ratio(x), x, perPrompt));
  }

  private void repetitions(FilterSettings s) {
    s.maxDuplicateLines()
        .ifPresent(
            x ->
                most(
                    "maxDuplicateLines",
                    text -> Repetition.duplicateLines(text.answer()),
                    x,
                    "of the lines are duplicates"));
    s.maxTopNgram()
        .ifPresent(
            x ->
                most(
                    "maxTopNgram",
                    text -> Repetition.topNgram(text.words(), 4),
                    x,
                    "of the text is one sequence of 4 words"));
  }

  private void least(String name, Measure measure, double least, String unit) {
    filters.add(
        text -> {
          double found = measure.of(text);
          return found >= least
              ? Optional.empty()
              : Optional.of(
                  new Refused(
                      name,
                      number(found) + " " + unit + ", at least " + number(least) + " wanted"));
        });
  }

  private void most(String name, Measure measure, double most, String unit) {
    filters.add(
        text -> {
          double found = measure.of(text);
          return found <= most
              ? Optional.empty()
              : Optional.of(
                  new Refused(
                      name, number(found) + " " + unit + ", at most " + number(most) + " wanted"));
        });
  }

  private void expression(String list, String name, String expression, boolean wanted) {
    Pattern pattern = Pattern.compile(expression);
    String filter = list + "." + name;
    filters.add(
        text ->
            switch (BoundedSearch.of(pattern, text.answer())) {
              case FOUND ->
                  wanted
                      ? Optional.empty()
                      : Optional.of(new Refused(filter, "contains " + expression));
              case ABSENT ->
                  wanted
                      ? Optional.of(new Refused(filter, "does not contain " + expression))
                      : Optional.empty();
              case GIVEN_UP ->
                  Optional.of(
                      new Refused(
                          filter,
                          expression
                              + " takes too long on this text: it backtracks; use possessive"
                              + " quantifiers (*+, ++) or fewer nested repetitions"));
            });
  }

  private static Optional<Refused> language(Text text, FilterSettings settings) {
    Optional<Language.Guess> guess = Language.of(text.answer());
    if (guess.isEmpty()) {
      return settings.keepUnknown()
          ? Optional.empty()
          : Optional.of(new Refused("languages", "the language is not clear"));
    }
    String code = guess.get().code();
    return settings.languages().contains(code)
        ? Optional.empty()
        : Optional.of(
            new Refused(
                "languages",
                code
                    + " ("
                    + Language.name(code)
                    + "), wanted: "
                    + String.join(", ", settings.languages())));
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.3f", value);
  }

  private interface Filter {
    Optional<Refused> refuse(Text text);
  }

  private interface Measure {
    double of(Text text);
  }

  /** A row's texts; words are made when the first filter needs them. */
  private static final class Text {
    private final String prompt;
    private final String answer;
    private List<String> words = List.of();

    Text(String prompt, String answer) {
      this.prompt = prompt;
      this.answer = answer;
    }

    String answer() {
      return answer;
    }

    double chars() {
      return answer.codePointCount(0, answer.length());
    }

    List<String> words() {
      if (words.isEmpty()) {
        words = Words.of(answer);
      }
      return words;
    }

    /**
     * Gopher (appendix A.1): the share of words with at least one alphabetic character; 0 without
     * words.
     */
    double letters() {
      String[] parts = answer.strip().split("\\s+");
      long with = 0;
      for (String part : parts) {
        with += part.codePoints().anyMatch(Character::isLetter) ? 1 : 0;
      }
      return (double) with / parts.length;
    }

    /** Hash signs and ellipses for each word, together; Gopher (appendix A.1) counts each alone. */
    double symbols() {
      long words = answer.strip().split("\\s+").length;
      long hashes = answer.chars().filter(c -> c == '#' || c == '…').count();
      long dots = answer.split("\\.\\.\\.", -1).length - 1L;
      return (double) (hashes + dots) / words;
    }

    /** Returns the bound itself, which no filter refuses, where there is no prompt. */
    double ratio(double bound) {
      return prompt.isEmpty() ? bound : (double) answer.length() / prompt.length();
    }
  }
}
