package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CollatorTest {
  private static final TokenSequence A =
      new TokenSequence(new int[] {5, 6, 7}, new int[] {5, 6, 7}, 11);
  private static final TokenSequence B =
      new TokenSequence(new int[] {8, 9}, new int[] {-100, 9}, 12);
  private static final TokenSequence C =
      new TokenSequence(new int[] {4, 3}, new int[] {-100, 3}, 13);

  @Test
  void documents_of_a_row_restart_their_positions_and_are_numbered_from_one() {
    Batch batch = new Collator(0).packed(List.of(List.of(A, B), List.of(C)));
    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.length()).isEqualTo(5);
    assertThat(batch.tokens()).containsExactly(5, 6, 7, 8, 9, 4, 3, 0, 0, 0);
    assertThat(batch.documents()).containsExactly(1, 1, 1, 2, 2, 1, 1, 0, 0, 0);
    assertThat(batch.positions()).containsExactly(0, 1, 2, 0, 1, 0, 1, 0, 0, 0);
    assertThat(batch.sources()).isEqualTo(new int[][] {{11, 12}, {13}});
    assertThat(batch.packed()).isTrue();
  }

  @Test
  void the_first_token_of_a_document_is_never_a_label() {
    Batch batch = new Collator(0).packed(List.of(List.of(B, A)));
    assertThat(batch.labels()).containsExactly(-100, 9, -100, 6, 7);
    assertThat(batch.labelTokens()).isEqualTo(3);
    assertThat(batch.labelTokens()).isEqualTo(A.trained() + B.trained());
  }

  @Test
  void a_trained_end_token_stays_trained_when_it_is_also_the_padding_token() {
    Batch batch = new Collator(9).unpacked(List.of(B, A));
    assertThat(batch.tokens()).containsExactly(8, 9, 9, 5, 6, 7);
    assertThat(batch.labels()).containsExactly(-100, 9, -100, -100, 6, 7);
    assertThat(batch.documents()).containsExactly(1, 1, 0, 1, 1, 1);
    assertThat(batch.realTokens()).isEqualTo(5);
    assertThat(batch.packed()).isFalse();
  }

  @Test
  void the_length_is_rounded_up_to_the_multiple() {
    assertThat(new Collator(0, 8).unpacked(List.of(A)).length()).isEqualTo(8);
    assertThat(new Collator(0, 3).unpacked(List.of(A)).length()).isEqualTo(3);
  }
}
