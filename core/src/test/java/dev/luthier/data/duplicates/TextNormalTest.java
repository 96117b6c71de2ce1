package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextNormalTest {
  @ParameterizedTest
  @CsvSource({
    "'  The Cat,\tsat! ', 'the cat sat', 'The Cat, sat!'",
    "'Ｆｕｌｌ ｗｉｄｔｈ', 'full width', 'Full width'",
    "'ﬁne²', 'fine2', 'fine2'",
    "'a\u00a0\u2003b', 'a b', 'a b'",
    "'cafe\u0301 CAFÉ', 'café café', 'café CAFÉ'",
    "'हिन्दी, भाषा', 'हिन्दी भाषा', 'हिन्दी, भाषा'",
    "'2 + 3', '2 3', '2 + 3'",
    "' ?!  … ', '?! ...', '?! ...'",
    "'', '', ''"
  })
  void keeps_what_counts(String text, String words, String spaced) {
    assertThat(TextNormal.WORDS.apply(text)).isEqualTo(words);
    assertThat(TextNormal.WHITE_SPACE.apply(text)).isEqualTo(spaced);
    assertThat(TextNormal.VERBATIM.apply(text)).isEqualTo(text);
  }

  @Property
  void twice_is_once(@ForAll String text, @ForAll TextNormal normal) {
    String once = normal.apply(text);
    assertThat(normal.apply(once)).isEqualTo(once);
  }
}
