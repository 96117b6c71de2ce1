package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  private static final List<String> TEXTS =
      List.of("The birch canoe slid.\n\nIt's  deep\t日本語 🙂 naïve", "1\n2\n\n 3\n", "é", "\n\n\n");

  /** Wherever a text is cut, prompt and continuation read as the whole. */
  private static void cutEverywhere(Tokenizer tokenizer) {
    for (String text : TEXTS) {
      int[] ids = tokenizer.encodeIds(text, true);
      String whole = tokenizer.decode(ids, true);
      for (int cut = 1; cut < ids.length; cut++) {
        int[] prompt = Arrays.copyOf(ids, cut);
        String read = tokenizer.decode(prompt, true);
        if (read.endsWith("\uFFFD")) {
          continue; // a prompt never ends inside a character
        }
        TextStream stream = new TextStream(tokenizer, prompt, List.of());
        StringBuilder pieces = new StringBuilder();
        Arrays.stream(ids, cut, ids.length).forEach(id -> pieces.append(stream.next(id)));
        pieces.append(stream.finish());
        assertThat(read + pieces).as("%s cut at %d", text, cut).isEqualTo(whole);
        assertThat(stream.text()).isEqualTo(pieces.toString());
      }
    }
  }

  @Test
  void prompt_and_text_read_as_one_with_byte_level_tokens() {
    cutEverywhere(TestTokenizers.chat());
  }

  @Test
  @Tag("interop")
  void prompt_and_text_read_as_one_with_sentencepiece_and_byte_fallback() {
    Tokenizer tokenizer = Tokenizer.load(Assets.path("tok-tinyllama-hf"));
    cutEverywhere(tokenizer);
    int[] ids = tokenizer.encodeIds("Once upon a time", true);
    TextStream stream = new TextStream(tokenizer, Arrays.copyOf(ids, 3), List.of());
    assertThat(stream.next(ids[3])).isEqualTo(" a");
  }

  @Test
  void special_tokens_give_no_text() {
    Tokenizer tokenizer = TestTokenizers.chat();
    TextStream stream = new TextStream(tokenizer, new int[] {1}, List.of());
    assertThat(stream.next(2) + stream.finish()).isEmpty();
  }
}
