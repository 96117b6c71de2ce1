package dev.luthier.data.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.recipe.Settings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ValidatorsTest {
  private static final SeedTask SEED =
      new SeedTask("s#1", "Name three large rivers in Europe.", "", "Volga, Danube, Ural.");
  private static final SyntheticTask NEW_TASKS = new SelfInstruct(List.of(SEED), 6, 2, 8, 1);

  /** What the settings record is bound in. */
  public record Holder(ValidateSettings validate) {}

  private static Validator with(SyntheticTask task, String... assignments) {
    Settings settings = new Settings();
    for (String assignment : assignments) {
      settings.set("validate." + assignment);
    }
    return settings.bind(Holder.class).validate().validator(task);
  }

  private static String reason(Validator validator, String instruction, String output) {
    return validator
        .judge(Candidate.of(instruction, "", output))
        .map(Rejection::reason)
        .orElse("kept");
  }

  @Test
  void each_rule_refuses_by_its_own_name() {
    Validator rules = with(NEW_TASKS, "forbid=['(?i)as an ai']", "require=['[.!]$']");
    assertThat(reason(rules, "Describe the taste of lemons.", "Sour.")).isEqualTo("kept");
    assertThat(reason(rules, "Sing now", "La.")).isEqualTo("length");
    assertThat(reason(rules, "word ".repeat(151), "La.")).isEqualTo("length");
    assertThat(reason(rules, "Describe the taste of lemons.", "")).isEqualTo("length");
    assertThat(reason(rules, "Describe the taste of lemons.", "x".repeat(20000) + "."))
        .isEqualTo("length");
    assertThat(reason(rules, "Describe the taste of lemons.", "Sour")).isEqualTo("pattern");
    assertThat(reason(rules, "Describe the taste of lemons.", "As an AI, no."))
        .isEqualTo("pattern");
    assertThat(reason(rules, "Describe this image in words.", "No.")).isEqualTo("keyword");
    assertThat(reason(rules, "Imagery of poems, in short.", "No.")).isEqualTo("kept");
    assertThat(reason(rules, "Now go to the shop.", "No.")).isEqualTo("keyword");
    assertThat(reason(rules, "- Describe the taste.", "No.")).isEqualTo("start");
    assertThat(reason(rules, "¿Qué es un río?", "Agua.")).isEqualTo("kept");
    assertThat(reason(with(NEW_TASKS, "start=ascii"), "Über die Brücke gehen?", "Ja."))
        .isEqualTo("start");
    assertThat(reason(rules, "Name three large rivers of Europe.", "Po.")).isEqualTo("novelty");
    assertThat(reason(rules, "Describe it:", "```\ncode.")).isEqualTo("length");
    assertThat(reason(rules, "Describe it here:", "```\ncode.")).isEqualTo("format");
  }

  @Test
  void an_output_that_only_repeats_what_was_given_is_refused() {
    Validator rules = with(NEW_TASKS);
    Candidate copy = Candidate.of("Mend what is wrong here.", "He go home.", "He go home. ");
    assertThat(rules.judge(copy)).contains(new Rejection("copy", "the output is the input"));
    assertThat(reason(rules, "Say exactly this to me.", "Say exactly this to me."))
        .isEqualTo("copy");
    assertThat(rules.judge(Candidate.of("Add the missing commas.", "a b c", "a, b, c"))).isEmpty();
  }

  @Test
  void rows_in_another_language_are_refused_where_it_can_be_told() {
    Validator german = with(NEW_TASKS, "languages=[de]");
    String frage = "Erkläre in wenigen Sätzen, warum der Himmel am Tag blau erscheint.";
    String antwort = "Das Licht der Sonne wird in der Luft gestreut, blaues stärker als rotes.";
    String english = "Light from the sun is scattered by the air, blue more strongly than red.";
    assertThat(reason(german, frage, antwort)).isEqualTo("kept");
    assertThat(reason(german, frage, "7")).isEqualTo("kept");
    assertThat(german.judge(Candidate.of(frage, "", english)))
        .contains(new Rejection("language", "found English, wanted de"));
    assertThat(reason(with(NEW_TASKS, "languages=[de, en]"), frage, english)).isEqualTo("kept");
    assertThatThrownBy(() -> with(NEW_TASKS, "languages=[German]"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("validate.languages is German");
  }

  @Test
  void a_row_is_new_below_the_limit_and_known_at_it() {
    // Ten words each; seven in common: F = 0.7, and six: 0.6.
    String known = "a b c d e f g h i j";
    Novelty rule = new Novelty(0.7);
    rule.know(known);
    assertThat(rule.judge(Candidate.of("a b c d e f g x y z", "", "o")))
        .contains(new Rejection("novelty", "ROUGE-L 0.700 with: " + known));
    Candidate fresh = Candidate.of("a b c d e f u x y z", "", "o");
    assertThat(rule.judge(fresh)).isEmpty();
    assertThat(rule.judge(fresh)).isEmpty();
    rule.kept(fresh);
    assertThat(rule.judge(fresh)).isPresent();
    assertThat(with(NEW_TASKS, "novelty=0").judge(Candidate.of(SEED.instruction(), "", "o")))
        .isEmpty();
  }

  @Test
  void outputs_have_the_form_that_is_asked_for() {
    for (Object[] c :
        new Object[][] {
          {OutputFormat.JSON, "{\"a\": [1]}", true},
          {OutputFormat.JSON, "{\"a\": [1]} and more", false},
          {OutputFormat.JSON, "{\"a\": [1}", false},
          {OutputFormat.LIST, "- a\n- b", true},
          {OutputFormat.LIST, "1. a\n\n2) b\n• c", true},
          {OutputFormat.LIST, "- a\nb", false},
          {OutputFormat.LIST, "- a", false},
          {OutputFormat.CODE, "so:\n```java\nint x;\n```\n", true},
          {OutputFormat.CODE, "int x;", false},
          {OutputFormat.ANY, "```\nint x;\n```", true},
          {OutputFormat.ANY, "~~~\nint x;", false},
        }) {
      Optional<Rejection> why =
          ((OutputFormat) c[0]).judge(Candidate.of("i", "", String.valueOf(c[1])));
      assertThat(why.isEmpty()).as("%s: %s", c[0], c[1]).isEqualTo(c[2]);
    }
  }

  @Test
  void an_answer_is_supported_by_the_share_of_its_content_words() {
    String passage = "Goethe worked on Faust for sixty years and ended in 1831.";
    assertThat(Support.of("Goethe finished Faust in 1831", passage)).isEqualTo(0.75);
    assertThat(Support.of("Yes, it is", passage)).isZero();
    assertThat(Support.of("for and in", passage)).isEqualTo(1);
    assertThat(Support.of("!", passage)).isZero();
    assertThat(Support.of("東京", "東京は")).isEqualTo(1);
    Candidate answer =
        new Candidate(
            "When?", "", "Goethe finished Faust in 1831", Candidate.Part.INSTRUCTION, passage);
    assertThat(new Support(0.75).judge(answer)).isEmpty();
    assertThat(new Support(0.76).judge(answer))
        .contains(new Rejection("support", "0.75 of the answer's words are in the document"));
    assertThat(new Support(1).judge(answer.alone())).isEmpty();
  }

  @Test
  void settings_that_cannot_be_meant_are_all_named() {
    assertThatThrownBy(
            () -> with(NEW_TASKS, "novelty=2", "minWords=9", "maxWords=3", "forbid=['(']"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "validate.novelty is 2.0", "validate.maxWords is 3", "validate.forbid has (");
    assertThatThrownBy(() -> with(NEW_TASKS, "maxTokens=9"))
        .hasMessageContaining("validate.tokenizer");
  }
}
