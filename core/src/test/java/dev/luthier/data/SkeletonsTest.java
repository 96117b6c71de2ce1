package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.TestTokenizers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.NotBlank;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Turns found by a skeleton against the same turns found one by one. */
class SkeletonsTest {
  private static final EndMarkers MARKERS = new EndMarkers(List.of("</s>", "<|im_end|>"));

  /**
   * The markers of the templates, white space that trimming knows and does not, halves of pairs.
   */
  @Property(tries = 300)
  void a_skeleton_finds_what_probing_finds(
      @ForAll @Size(min = 1, max = 5)
          List<
                  @NotBlank @StringLength(max = 14)
                  @Chars({
                    '<', '>', '|', '/', 's', '\n', '\r', ' ', '\u00a0', '\u0301', '\ud83d',
                    '\ude00', '[', ']'
                  })
                  @CharRange(from = 'a', to = 'e') String>
              says) {
    List<Map<String, @Nullable Object>> messages =
        AssistantSpansTest.turns(says.toArray(String[]::new));
    for (Templates template : Templates.values()) {
      String text = template.render(messages, false);
      Optional<List<TurnSpan>> found = skeletons(template).find(messages, text);
      if (found.isEmpty()) {
        continue;
      }
      AssistantSpans probing = new AssistantSpans(template, MARKERS, messages, text);
      for (TurnSpan turn : found.get()) {
        assertThat(turn).as(template.name()).isEqualTo(probing.find(turn.message(), 0));
      }
    }
  }

  /** Those that treat all conversations alike have one; THINKING and FORGETFUL do not. */
  @ParameterizedTest
  @EnumSource(
      names = {"THINKING", "FORGETFUL"},
      mode = EnumSource.Mode.EXCLUDE)
  void most_templates_have_a_skeleton(Templates template) {
    List<Map<String, @Nullable Object>> messages =
        AssistantSpansTest.turns("One? ", " Two.", "<|im_end|>\n", "Four.");
    assertThat(skeletons(template).find(messages, template.render(messages, false))).isPresent();
  }

  @Test
  void a_text_that_says_something_else_has_no_skeleton() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("One?", "Two.");
    String text = Templates.CHATML.render(messages, false);
    Skeletons skeletons = skeletons(Templates.CHATML);
    assertThat(skeletons.find(messages, text)).isPresent();
    assertThat(skeletons.find(messages, text + "!")).isEmpty();
    assertThat(skeletons.find(messages, text.replace("Two", "2"))).isEmpty();
    assertThat(skeletons.find(messages, text.replace("user", "User"))).isEmpty();
    List<Map<String, @Nullable Object>> named = new ArrayList<>(messages);
    named.get(0).put("name", "Ann");
    assertThat(skeletons.find(named, text)).isEmpty();
  }

  private static Skeletons skeletons(Templates template) {
    ChatEncoder encoder =
        new ChatEncoder(
            TestTokenizers.chat(),
            (messages, tools, prompt) ->
                new ChatEncoder.Chat(template.render(messages, prompt), List.of()));
    return new Skeletons(encoder, MARKERS);
  }
}
