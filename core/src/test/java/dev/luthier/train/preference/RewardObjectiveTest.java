package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.Part;
import dev.luthier.data.RewardBatches;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;

class RewardObjectiveTest {
  private static TokenSequence answer(Part part, double margin, int... tokens) {
    int[] labels = tokens.clone();
    labels[0] = TokenSequence.IGNORED;
    labels[1] = TokenSequence.IGNORED;
    return new TokenSequence(tokens, labels, 1, part, margin);
  }

  private static final List<List<TokenSequence>> ROWS =
      List.of(
          List.of(answer(Part.CHOSEN, 0.5, 1, 2, 3), answer(Part.REJECTED, 0, 1, 2, 4, 5)),
          List.of(answer(Part.CHOSEN, 0, 6, 7, 8), answer(Part.REJECTED, 0, 6, 7, 9)));

  @Test
  void a_document_has_one_label_where_its_score_is_predicted() {
    Batch decoder =
        new RewardBatches(new Collator(0), Transformer.Kind.DECODER, false).make(ROWS, 0);
    assertThat(LabelTokens.of(decoder).at()).containsExactly(2, 6, 9, 12);
    assertThat(decoder.form().types()).isNull();
    Batch encoder =
        new RewardBatches(new Collator(0), Transformer.Kind.ENCODER, true).make(ROWS, 0);
    assertThat(LabelTokens.of(encoder).at()).containsExactly(0, 3, 7, 10);
    assertThat(encoder.form().types()).containsExactly(0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0);
  }

  @Test
  void the_loss_is_the_sum_over_pairs_with_their_margins_and_derivatives() {
    Batch batch = new RewardBatches(new Collator(0), Transformer.Kind.DECODER, false).make(ROWS, 0);
    LabelTokens labels = LabelTokens.of(batch);
    float[] scores = {0.3f, -0.2f, 0.1f, 0.4f};
    RewardLoss loss = new RewardLoss(0.01);
    PairLoss.Graded first = loss.of(0.3f, -0.2f, 0.5);
    PairLoss.Graded second = loss.of(0.1f, 0.4f, 0);
    RewardObjective objective = new RewardObjective(loss);
    try (PointerScope scope = new PointerScope()) {
      Objective.Loss ours = objective.loss(Tensors.floats(scores, Device.CPU, 4, 1), labels);
      assertThat(ours.sum()).isCloseTo(first.loss() + second.loss(), within(1e-12));
      assertThat(Tensors.toFloats(ours.gradient()))
          .containsExactly(
              (float) first.byChosen(),
              (float) first.byRejected(),
              (float) second.byChosen(),
              (float) second.byRejected());
    }
    assertThat(objective.weight(labels)).isEqualTo(2);
    assertThat(objective.figures()).containsEntry("accuracy", 0.5);
  }
}
