package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.Instruction;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotBlank;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SftEncoderTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();
  private static final int IM_END = 2;

  @Test
  void the_answer_and_its_end_token_are_trained_and_the_newline_after_it_is_not() {
    EncodedRow row = encode(chat(AssistantSpansTest.turns("The birch canoe", "slid on.")));
    assertThat(trainedText(row)).isEqualTo("slid on.<|im_end|>");
    int[] labels = row.sequence().labels();
    assertThat(labels[labels.length - 2]).isEqualTo(IM_END);
    assertThat(labels[labels.length - 1]).isEqualTo(TokenSequence.IGNORED);
    assertThat(row.endsWithStop()).isTrue();
    assertThat(row.turnEnds()).containsExactly(IM_END);
  }

  @Test
  void trained_labels_equal_their_tokens() {
    EncodedRow row = encode(chat(AssistantSpansTest.turns("a", "b", "c", "d")));
    int[] labels = row.sequence().labels();
    for (int i = 0; i < labels.length; i++) {
      assertThat(labels[i]).isIn(TokenSequence.IGNORED, row.sequence().tokens()[i]);
    }
    assertThat(trainedText(row)).isEqualTo("b<|im_end|>d<|im_end|>");
  }

  @Test
  void only_the_last_turn_is_trained_when_asked() {
    EncodedRow row =
        encoder(Templates.CHATML, TrainOn.LAST)
            .encode(new Row(1, chat(AssistantSpansTest.turns("a", "b", "c", "d"))));
    assertThat(trainedText(row)).isEqualTo("d<|im_end|>");
  }

  @Test
  void everything_is_trained_when_asked() {
    EncodedRow row =
        encoder(Templates.CHATML, TrainOn.ALL)
            .encode(new Row(1, chat(AssistantSpansTest.turns("a", "b"))));
    assertThat(row.sequence().labels()).isEqualTo(row.sequence().tokens());
  }

  @Test
  void turns_of_the_prompt_and_turns_marked_so_are_context() {
    List<Map<String, @Nullable Object>> messages =
        AssistantSpansTest.turns("a", "b", "c", "d", "e", "f", "g", "h");
    messages.get(3).put("weight", 0);
    messages.get(5).put("train", false);
    assertThat(trainedText(encode(new Chat(messages, List.of(), 2)))).isEqualTo("h<|im_end|>");
  }

  @Test
  void content_in_text_parts_is_joined() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b");
    messages
        .get(1)
        .put(
            "content",
            List.of(Map.of("type", "text", "text", "b1"), Map.of("type", "text", "text", "b2")));
    assertThat(trainedText(encode(chat(messages)))).isEqualTo("b1b2<|im_end|>");
  }

  @Test
  void prompts_and_instructions_become_conversations_where_there_is_a_template() {
    EncodedRow pair = encode(new PromptCompletion("Hi", "Hello"));
    EncodedRow same = encode(chat(AssistantSpansTest.turns("Hi", "Hello")));
    assertThat(pair.sequence().tokens()).isEqualTo(same.sequence().tokens());
    assertThat(pair.sequence().labels()).isEqualTo(same.sequence().labels());
    assertThat(encode(new Instruction("Add.", "2 2", "4", "", List.of())).text())
        .isEqualTo("<|im_start|>user\nAdd.\n\n2 2<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n");
  }

  @Test
  void without_a_template_prompt_and_completion_are_tokenized_apart(@TempDir Path folder) {
    Tokenizer tokenizer = TestTokenizers.write(folder, 400, TestTokenizers.roles(true));
    SftEncoder encoder = new SftEncoder(tokenizer, Optional.empty(), TrainOn.ASSISTANT, Set.of());
    EncodedRow row = encoder.encode(new Row(3, new PromptCompletion("the smo", "oth planks.")));
    int[] prompt = tokenizer.encodeIds("the smo", false);
    int[] completion = tokenizer.encodeIds("oth planks.", false);
    int bos = tokenizer.bosId().getAsInt();
    int eos = tokenizer.eosId().getAsInt();
    int[] expected = concat(new int[] {bos}, prompt, completion, new int[] {eos});
    assertThat(row.sequence().tokens()).isEqualTo(expected);
    assertThat(row.sequence().trained()).isEqualTo(completion.length + 1);
    assertThat(row.bos()).isEqualTo(1);
    assertThat(row.endsWithStop()).isTrue();
    assertThat(row.sequence().row()).isEqualTo(3);
    assertThat(trainedText(row)).isEqualTo("oth planks.<|im_end|>");
    // a prompt that brings its own BOS does not get another
    EncodedRow own =
        encoder.encode(new Row(3, new PromptCompletion("<|endoftext|>the smo", "oth planks.")));
    assertThat(own.sequence().tokens()).isEqualTo(expected);
  }

  @Test
  void text_is_trained_whole_and_ends_with_the_end_token_once() {
    SftEncoder encoder = new SftEncoder(TOKENIZER, Optional.empty(), TrainOn.ASSISTANT, Set.of());
    EncodedRow row = encoder.encode(new Row(1, new Text("The canoe slid.")));
    int[] ids = TOKENIZER.encodeIds("The canoe slid.", true);
    assertThat(row.sequence().tokens()).isEqualTo(concat(ids, new int[] {IM_END}));
    assertThat(row.sequence().labels()).isEqualTo(row.sequence().tokens());
    EncodedRow closed = encoder.encode(new Row(1, new Text("The canoe slid.<|im_end|>")));
    assertThat(closed.sequence().tokens()).isEqualTo(row.sequence().tokens());
  }

  @Test
  void a_token_that_reaches_into_the_answer_from_before_it_is_not_trained() {
    // one token " the" stands for the template's space and the whole answer
    AssistantSpans.Renderer spaced =
        (messages, prompt) -> {
          StringBuilder out = new StringBuilder();
          messages.forEach(
              m ->
                  out.append(m.get("role")).append(": ").append(Templates.content(m)).append('\n'));
          return out.toString();
        };
    assertThat(TOKENIZER.encodeIds(": the", false)).hasSize(2);
    EncodedRow row =
        encoder(spaced, TrainOn.ASSISTANT)
            .encode(new Row(1, chat(AssistantSpansTest.turns("a", "the sheet"))));
    assertThat(trainedText(row)).isEqualTo(" sheet");
    assertThat(row.straddling()).isEqualTo(1);
    assertThat(row.endsWithStop()).isFalse();
  }

  @Test
  void a_row_with_nothing_to_train_is_refused() {
    assertThatThrownBy(() -> encode(chat(AssistantSpansTest.turns("a"))))
        .isInstanceOf(RowRefused.class)
        .hasMessage("the conversation has no assistant's turn to train");
    assertThatThrownBy(() -> encode(new Chat(AssistantSpansTest.turns("a", "b"), List.of(), 2)))
        .isInstanceOf(RowRefused.class)
        .hasMessage("nothing in the row would be trained");
    assertThatThrownBy(
            () ->
                new SftEncoder(TOKENIZER, Optional.empty(), TrainOn.ASSISTANT, Set.of())
                    .encode(new Row(1, chat(AssistantSpansTest.turns("a", "b")))))
        .isInstanceOf(RowRefused.class)
        .hasMessageContaining("needs a chat template");
  }

  @Test
  void a_question_is_the_row_up_to_its_answer() {
    SftEncoder encoder = encoder(Templates.CHATML, TrainOn.ASSISTANT);
    Row row = new Row(4, chat(AssistantSpansTest.turns("a", "b", "c", "d")));
    Question question = encoder.question(row).orElseThrow();
    assertThat(question.answer()).isEqualTo("d");
    assertThat(question.row()).isEqualTo(4);
    assertThat(encoder.encode(row).sequence().tokens()).startsWith(question.prompt());
    assertThat(TOKENIZER.decode(question.prompt(), false))
        .endsWith("c<|im_end|>\n<|im_start|>assistant\n");
    assertThat(encoder.question(new Row(1, new Text("a")))).isEmpty();
    assertThat(encoder.question(new Row(1, chat(AssistantSpansTest.turns("a"))))).isEmpty();
    SftEncoder plain = new SftEncoder(TOKENIZER, Optional.empty(), TrainOn.ASSISTANT, Set.of());
    assertThat(plain.question(new Row(1, new PromptCompletion("the", "b"))).orElseThrow().prompt())
        .isEqualTo(TOKENIZER.encodeIds("the", false));
  }

  @Test
  void what_the_template_refuses_is_the_reason() {
    List<Map<String, @Nullable Object>> messages =
        new ArrayList<>(AssistantSpansTest.turns("a", "b"));
    messages.add(0, Chat.message("system", "s"));
    assertThatThrownBy(
            () -> encoder(Templates.GEMMA, TrainOn.ASSISTANT).encode(new Row(1, chat(messages))))
        .isInstanceOf(RowRefused.class)
        .hasMessage("System role not supported");
  }

  @Property(tries = 200)
  void trained_offsets_cover_the_answers_exactly(
      @ForAll @Size(min = 1, max = 3) List<@NotBlank @StringLength(max = 20) String> says) {
    List<String> turns = new ArrayList<>();
    says.forEach(said -> turns.addAll(List.of(said, wellFormed(said))));
    for (Templates template : List.of(Templates.CHATML, Templates.THINKING)) {
      EncodedRow row =
          encoder(template, TrainOn.ASSISTANT)
              .encode(new Row(1, chat(AssistantSpansTest.turns(turns.toArray(String[]::new)))));
      boolean[] trained = new boolean[row.text().length()];
      for (int t = 0; t < row.encoding().length(); t++) {
        if (row.sequence().labels()[t] != TokenSequence.IGNORED) {
          Arrays.fill(trained, row.encoding().starts()[t], row.encoding().ends()[t], true);
        }
      }
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < trained.length; i++) {
        text.append(trained[i] ? row.text().substring(i, i + 1) : "");
      }
      StringBuilder expected = new StringBuilder();
      for (String said : says) {
        String content = wellFormed(said);
        expected.append(template == Templates.CHATML ? content : content.strip());
        expected.append("<|im_end|>");
      }
      // a newline of the header may join the white space that an answer begins with
      if (row.straddling() == 0) {
        assertThat(text.toString()).isEqualTo(expected.toString());
      } else {
        assertThat(says).anyMatch(said -> Character.isWhitespace(said.charAt(0)));
      }
    }
  }

  private static String wellFormed(String text) {
    return new String(
        text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        java.nio.charset.StandardCharsets.UTF_8);
  }

  private static EncodedRow encode(Example example) {
    return encoder(Templates.CHATML, TrainOn.ASSISTANT).encode(new Row(1, example));
  }

  private static Chat chat(List<Map<String, @Nullable Object>> messages) {
    return new Chat(messages, List.of(), 0);
  }

  static SftEncoder encoder(AssistantSpans.Renderer template, TrainOn trainOn) {
    ChatEncoder chat =
        new ChatEncoder(
            TOKENIZER,
            (messages, tools, prompt) ->
                new ChatEncoder.Chat(template.render(messages, prompt), List.of()));
    return new SftEncoder(TOKENIZER, Optional.of(chat), trainOn, Set.of());
  }

  private static int[] concat(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
  }

  /** The text under the trained tokens, by offsets. */
  private static String trainedText(EncodedRow row) {
    StringBuilder text = new StringBuilder();
    int shown = 0;
    for (int t = 0; t < row.encoding().length(); t++) {
      if (row.sequence().labels()[t] != TokenSequence.IGNORED) {
        int from = Math.max(shown, row.encoding().starts()[t]);
        shown = Math.max(from, row.encoding().ends()[t]);
        text.append(row.text(), from, shown);
      }
    }
    return text.toString();
  }
}
