package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SourceTargetTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();
  private static final SourceTargetEncoder ENCODER =
      new SourceTargetEncoder(TOKENIZER, Optional.empty(), 4);

  private static TokenSequence pair(int row, int[] source, int... target) {
    int[] tokens = new int[source.length + target.length];
    int[] labels = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      boolean read = i < source.length;
      tokens[i] = read ? source[i] : target[i - source.length];
      labels[i] = read ? TokenSequence.IGNORED : tokens[i];
    }
    return new TokenSequence(tokens, labels, row);
  }

  @Test
  void prompts_stand_first_and_answers_behind_them_shifted_by_the_decoders_first_id() {
    List<List<TokenSequence>> rows =
        List.of(
            List.of(pair(3, new int[] {5, 6, 1}, 8, 9, 1)),
            List.of(pair(4, new int[] {7, 1}, 4, 1)));
    Batch batch = new SourceTargetCollator(0, 2, 1).make(rows, 0);
    assertThat(batch.length()).isEqualTo(6);
    assertThat(batch.tokens()).containsExactly(5, 6, 1, 2, 8, 9, 7, 1, 0, 2, 4, 0);
    assertThat(batch.labels())
        .containsExactly(-100, -100, -100, 8, 9, 1, -100, -100, -100, 4, 1, -100);
    assertThat(batch.documents()).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0);
    assertThat(batch.positions()).containsExactly(0, 1, 2, 0, 1, 2, 0, 1, 0, 0, 1, 0);
    assertThat(batch.form()).isEqualTo(new Batch.Form(true, 3, null));
    assertThat(batch.sources()).isEqualTo(new int[][] {{3}, {4}});
    Batch wide = new SourceTargetCollator(0, 2, 4).make(rows, 0);
    assertThat(wide.form().source()).isEqualTo(4);
    assertThat(wide.length()).isEqualTo(8);
  }

  @Test
  void prompt_and_answer_each_end_with_the_token_that_ends_a_text() {
    Row row = new Row(1, new Example.PromptCompletion("The birch", "slid"));
    EncodedRow encoded = ENCODER.encode(row);
    int end = TOKENIZER.eosId().getAsInt();
    int[] prompt = TOKENIZER.encodeIds("The birch", false);
    int[] tokens = encoded.sequence().tokens();
    assertThat(SourceTargetCollator.source(encoded.sequence())).isEqualTo(prompt.length + 1);
    assertThat(tokens).startsWith(prompt).endsWith(end);
    assertThat(tokens[prompt.length]).isEqualTo(end);
    assertThat(encoded.text()).isEqualTo("The birch<|im_end|>slid<|im_end|>");
    Preview.PreviewRow shown = Preview.row(encoded, TOKENIZER);
    assertThat(shown.segments().get(0).text()).isEqualTo("The birch<|im_end|>");
    assertThat(shown.segments().get(0).trained()).isFalse();
    assertThat(shown.segments().get(1).text()).isEqualTo("slid<|im_end|>");
    Question question = ENCODER.question(row).orElseThrow();
    assertThat(question.prompt()).hasSize(prompt.length + 1).endsWith(end);
    assertThat(question.answer()).isEqualTo("slid");
  }

  @Test
  void alpaca_rows_have_alpacas_prompt_and_conversations_their_one_question() {
    Example chat =
        new Example.Chat(
            List.of(
                Example.Chat.message("user", "How deep?"),
                Example.Chat.message("assistant", "Ten.")),
            List.of(),
            0);
    assertThat(ENCODER.encode(new Row(1, chat)).text())
        .isEqualTo("How deep?<|im_end|>Ten.<|im_end|>");
    Example alpaca = new Example.Instruction("Add.", "1 2", "3", "", List.of());
    assertThat(ENCODER.encode(new Row(1, alpaca)).text())
        .contains("### Instruction:\nAdd.")
        .endsWith("### Response:\n<|im_end|>3<|im_end|>");
  }

  @Test
  void what_has_no_prompt_or_needs_a_template_is_refused() {
    assertThatThrownBy(() -> ENCODER.encode(new Row(1, new Example.Text("plain"))))
        .isInstanceOf(RowRefused.class)
        .hasMessageContaining("no prompt and answer");
    Map<String, Object> said = Map.of("role", "user", "content", "a");
    Example several =
        new Example.Chat(
            List.of(
                Map.of("role", "system", "content", "b"),
                said,
                Map.of("role", "assistant", "content", "c")),
            List.of(),
            0);
    assertThatThrownBy(() -> ENCODER.encode(new Row(1, several)))
        .isInstanceOf(RowRefused.class)
        .hasMessageContaining("needs a chat template");
  }

  @Test
  void parts_that_are_too_long_are_cut_each_for_itself_and_stay_closed() {
    TokenSequence tooLong = pair(1, new int[] {5, 6, 7, 8, 9, 1}, 4, 3, 2, 4, 3, 1);
    Pieces pieces = ENCODER.pieces();
    assertThat(pieces.fits(tooLong, 6)).isFalse(); // the answer has 6 of 4
    assertThat(pieces.fits(pair(1, new int[] {5, 6, 1}, 4, 3, 2, 1), 3)).isTrue();
    assertThat(pieces.fits(pair(1, new int[] {5, 6, 1}, 4, 3, 2, 1), 2)).isFalse();
    TokenSequence cut = pieces.of(tooLong, 3).get(0);
    assertThat(cut.tokens()).containsExactly(5, 6, 1, 4, 3, 2, 1);
    assertThat(cut.labels()).containsExactly(-100, -100, -100, 4, 3, 2, 1);
  }
}
