package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.SettingDefaults;
import dev.luthier.SettingType;
import dev.luthier.UsageException;
import dev.luthier.data.quality.Filters.Refused;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FiltersTest {
  /** Settings at their defaults but for some, by name, as one would write them in YAML. */
  private static FilterSettings settings(Map<String, Object> given) {
    FilterSettings defaults = FilterSettings.defaults();
    Object[] values =
        Arrays.stream(FilterSettings.class.getRecordComponents())
            .map(
                component ->
                    given.containsKey(component.getName())
                        ? SettingType.of(component.getGenericType())
                            .read(given.get(component.getName()))
                        : value(component, defaults))
            .toArray();
    return SettingDefaults.construct(FilterSettings.class, values);
  }

  private static Object value(RecordComponent component, FilterSettings settings) {
    try {
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Optional<Refused> refuse(String name, Object value, String prompt, String answer) {
    return new Filters(settings(Map.of(name, value))).refuse(prompt, answer);
  }

  private static void keeps(String name, Object value, String answer) {
    assertThat(refuse(name, value, "a prompt", answer)).isEmpty();
  }

  private static void refuses(String name, Object value, String answer, String reason) {
    assertThat(refuse(name, value, "a prompt", answer)).hasValue(new Refused(name, reason));
  }

  @Test
  void by_default_nothing_is_refused() {
    Filters filters = new Filters(FilterSettings.defaults());
    assertThat(filters.refuse("", "")).isEmpty();
    assertThat(filters.refuse("Why?", "x x x x x x x")).isEmpty();
  }

  @Test
  void lengths_are_bounded_on_both_sides() {
    keeps("minChars", "5", "Hello");
    refuses("minChars", "5", "Hell", "4 characters, at least 5 wanted");
    keeps("maxChars", "2", "😀😀");
    refuses("maxChars", "2", "abc", "3 characters, at most 2 wanted");
    keeps("minWords", "2", "two words");
    refuses("minWords", "2", "one", "1 words, at least 2 wanted");
    keeps("maxWords", "2", "你好");
    refuses("maxWords", "2", "你好吗", "3 words, at most 2 wanted");
  }

  @Test
  void shares_of_letters_and_symbols_are_gopher_s() {
    keeps("minLetters", "0.8", "a b c d 5");
    refuses("minLetters", "0.8", "a b 3 4", "0.500 of words with a letter, at least 0.800 wanted");
    keeps("maxSymbols", "0.1", "one two three four five six seven eight nine #ten");
    refuses("maxSymbols", "0.1", "#one two...", "1 symbols per word, at most 0.100 wanted");
  }

  @Test
  void an_answer_is_measured_by_its_prompt() {
    assertThat(refuse("minAnswerRatio", "0.5", "0123456789", "0123")).isPresent();
    assertThat(refuse("minAnswerRatio", "0.5", "0123456789", "01234")).isEmpty();
    assertThat(refuse("maxAnswerRatio", "2", "01", "01234")).isPresent();
    assertThat(refuse("maxAnswerRatio", "2", "", "01234")).isEmpty();
    assertThat(refuse("minAnswerRatio", "2", "", "")).isEmpty();
  }

  @Test
  void repetition_is_measured_in_lines_and_in_sequences() {
    keeps("maxDuplicateLines", "0.5", "a\nb\na\nb");
    refuses(
        "maxDuplicateLines",
        "0.3",
        "a\nb\na\n\na",
        "0.500 of the lines are duplicates, at most 0.300 wanted");
    keeps("maxTopNgram", "0.16", "one two three four five six seven eight");
    refuses(
        "maxTopNgram",
        "0.5",
        "aa bb cc dd aa bb cc dd ee",
        "0.889 of the text is one sequence of 4 words, at most 0.500 wanted");
  }

  @Test
  void languages_are_kept_by_code() {
    String german = "Der Hund läuft durch den Park, während die Kinder mit dem Ball spielen.";
    keeps("languages", List.of("de"), german);
    refuses("languages", List.of("en", "fr"), german, "de (German), wanted: en, fr");
    keeps("languages", List.of("en"), "42");
    Filters strict =
        new Filters(settings(Map.of("languages", List.of("en"), "keepUnknown", "false")));
    assertThat(strict.refuse("", "42"))
        .hasValue(new Refused("languages", "the language is not clear"));
  }

  @Test
  void expressions_are_required_or_forbidden_by_name() {
    Map<String, String> links = Map.of("links", "https?://");
    assertThat(refuse("forbid", links, "", "see http://a.b"))
        .hasValue(new Refused("forbid.links", "contains https?://"));
    assertThat(refuse("forbid", links, "", "see a.b")).isEmpty();
    assertThat(refuse("require", links, "", "see a.b"))
        .hasValue(new Refused("require.links", "does not contain https?://"));
    assertThat(refuse("require", links, "", "see http://a.b")).isEmpty();
  }

  @Test
  void an_expression_that_backtracks_is_given_up() {
    Optional<Refused> refused = refuse("forbid", Map.of("slow", "(a|aa)+b\\1"), "", "a".repeat(60));
    assertThat(refused.map(Refused::filter)).hasValue("forbid.slow");
    assertThat(refused.map(Refused::reason).orElse("")).contains("takes too long");
    assertThat(refuse("forbid", Map.of("deep", "(a|b)*c"), "", "ab".repeat(200_000))).isPresent();
    assertThat(refuse("forbid", Map.of("fine", "a+$"), "", "a".repeat(1000) + "b")).isEmpty();
  }

  @Test
  void all_that_is_wrong_is_said_together() {
    assertThatThrownBy(
            () ->
                settings(
                    Map.of(
                        "minChars", "-1",
                        "minWords", "5",
                        "maxWords", "4",
                        "minLetters", "80",
                        "languages", List.of("English"),
                        "forbid", Map.of("open", "(a"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("filters.minChars is -1: must not be negative")
        .hasMessageContaining("filters.minWords is 5: must not be above filters.maxWords, 4")
        .hasMessageContaining("filters.minLetters is 80.0: must be from 0 to 1")
        .hasMessageContaining("filters.languages is English")
        .hasMessageContaining("filters.forbid.open is (a: not a regular expression");
  }

  @Test
  void the_first_filter_in_order_names_the_refusal() {
    Filters filters = new Filters(settings(Map.of("minWords", "3", "maxChars", "2")));
    assertThat(filters.refuse("", "abc").map(Refused::filter)).hasValue("maxChars");
  }
}
