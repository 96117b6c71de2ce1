package dev.luthier.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.prepare.CleanSettings.Duplicates;
import dev.luthier.data.prepare.CleanSettings.SpecialTokens;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TextCleanerTest {
  private static final List<String> SPECIAL = List.of("<|im_end|>", "<|im_start|>", "</s>");

  private static TextCleaner cleaner(SpecialTokens tokens) {
    return new TextCleaner(new CleanSettings(true, true, true, tokens, Duplicates.NEAR), SPECIAL);
  }

  /** Texts of what the steps look for, so that one's result is another's work. */
  @Provide
  Arbitrary<String> damaged() {
    return Arbitraries.of(
            "a",
            "e",
            "\u0301",
            "\u0327",
            "é",
            "Ã©",
            "Ã",
            "©",
            "â‚¬",
            "\r",
            "\n",
            "\r\n",
            " ",
            "\t",
            "\u00a0",
            "\u2028",
            "\u0085",
            "\u200b",
            "\ufeff",
            "\u0000",
            "\u0007",
            "\u001b[0m",
            "<|im_end|>",
            "<|im_",
            "end|>",
            "</s>",
            "</",
            "s>",
            "\u00ad",
            "\u202e",
            "가",
            "\u1100",
            "\u1161",
            "\u212b",
            "🙂",
            "\u200d",
            "x",
            "&amp;",
            "<p>",
            "\u0092",
            "ï»¿")
        .list()
        .ofMaxSize(12)
        .map(parts -> String.join("", parts));
  }

  @Property(tries = 3000)
  void a_second_time_changes_nothing(@ForAll("damaged") String text, @ForAll SpecialTokens tokens) {
    TextCleaner cleaner = cleaner(tokens);
    String once = cleaner.apply(text);
    assertThat(cleaner.apply(once)).isEqualTo(once);
  }

  @Property(tries = 500)
  void also_of_any_text(@ForAll String text, @ForAll SpecialTokens tokens) {
    TextCleaner cleaner = cleaner(tokens);
    String once = cleaner.apply(text);
    assertThat(cleaner.apply(once)).isEqualTo(once);
  }

  @Property(tries = 500)
  void no_special_token_is_left(@ForAll("damaged") String text) {
    assertThat(cleaner(SpecialTokens.REMOVE).apply(text)).doesNotContain(SPECIAL);
  }

  @Example
  void each_step_does_its_part() {
    assertThat(
            cleaner(SpecialTokens.REMOVE)
                .apply(" CafÃ© e\u0301t\u200be \r\nline \t\n\n\n\n\nend<|im_end|>\n"))
        .isEqualTo("Café éte\nline\n\nend");
    TextCleaner nothing =
        new TextCleaner(
            new CleanSettings(false, false, false, SpecialTokens.KEEP, Duplicates.NEAR), SPECIAL);
    assertThat(nothing.apply(" CafÃ© \r\n</s>")).isEqualTo(" CafÃ© \r\n</s>");
  }
}
