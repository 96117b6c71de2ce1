package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.Collator;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.train.TrainingRows;
import java.util.List;
import org.junit.jupiter.api.Test;

class MismatchedTest {
  /** A prompt of two tokens, and an answer. */
  private static TokenSequence row(int number, Part part, int... answer) {
    int[] tokens = new int[2 + answer.length];
    int[] labels = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = i < 2 ? 10 * number + i : answer[i - 2];
      labels[i] = i < 2 ? TokenSequence.IGNORED : tokens[i];
    }
    return new TokenSequence(tokens, labels, number).as(part);
  }

  private static TrainingRows rows(List<List<TokenSequence>> rows) {
    return new TrainingRows(rows, new Collator(0));
  }

  @Test
  void a_prompt_gets_the_next_answer_that_is_wanted_like_its_own() {
    TrainingRows data =
        rows(
            List.of(
                List.of(row(1, Part.DESIRABLE, 91), row(2, Part.UNDESIRABLE, 92)),
                List.of(row(3, Part.DESIRABLE, 93, 94)),
                List.of(row(4, Part.UNDESIRABLE, 95))));
    List<List<TokenSequence>> others = Mismatched.of(data, 10).rows();
    assertThat(others.get(0).get(0).tokens()).containsExactly(10, 11, 93, 94);
    assertThat(others.get(0).get(0).labels()).containsExactly(-100, -100, 93, 94);
    assertThat(others.get(0).get(1).tokens()).containsExactly(20, 21, 95);
    assertThat(others.get(1).get(0).tokens()).containsExactly(30, 31, 91);
    assertThat(others.get(2).get(0).tokens()).containsExactly(40, 41, 92);
    assertThat(others.get(2).get(0).part()).isEqualTo(Part.UNDESIRABLE);
  }

  @Test
  void the_only_answer_of_its_kind_is_followed_by_one_of_the_other() {
    TrainingRows data =
        rows(List.of(List.of(row(1, Part.DESIRABLE, 91)), List.of(row(2, Part.UNDESIRABLE, 92))));
    List<List<TokenSequence>> others = Mismatched.of(data, 10).rows();
    assertThat(others.get(0).get(0).tokens()).containsExactly(10, 11, 92);
    assertThat(others.get(1).get(0).tokens()).containsExactly(20, 21, 91);
  }

  @Test
  void none_is_longer_than_asked() {
    TrainingRows data =
        rows(
            List.of(
                List.of(row(1, Part.DESIRABLE, 91)),
                List.of(row(2, Part.DESIRABLE, 92, 93, 94, 95))));
    TrainingRows others = Mismatched.of(data, 4);
    assertThat(others.rows().get(0).get(0).tokens()).containsExactly(10, 11, 92, 93);
    assertThat(others.lengths().applyAsInt(0)).isEqualTo(4);
  }
}
