package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.StepLayout;
import dev.luthier.train.Trainables;
import dev.luthier.train.ValueHead;
import dev.luthier.train.WeightSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A value head that is a row of the tied head gives one of the logits, so that autograd over the
 * whole graph knows its gradients.
 */
class ValueGradientTest {
  private static final int ROW = 5;

  private final ObjectNode config =
      TinyConfigs.get("llama tie_word_embeddings: true, hidden_act: relu2");
  private final Transformer model = TinyModels.full(config).transformer();
  private final ValueHead head = new ValueHead(model);
  private final BlockwiseStep step =
      new BlockwiseStep(
          model, WeightSource.of(model), StepLayout.recomputing(40), Optional.of(head));

  @TempDir private Path temp = Path.of("");

  private static Batch batch() {
    SplittableRandom random = new SplittableRandom(3);
    int[] first = random.ints(7, 1, 40).toArray();
    int[] second = random.ints(5, 1, 40).toArray();
    return new Collator(0)
        .packed(
            List.of(
                List.of(new TokenSequence(first, first, 1)),
                List.of(new TokenSequence(second, second, 2))));
  }

  private Tensor embedding() {
    return Objects.requireNonNull(model.parameters().all().get("model.embed_tokens.weight"));
  }

  private void takeRow() {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      weight().detach().copy_(embedding().detach().narrow(0, ROW, 1));
    }
  }

  private Tensor weight() {
    return Objects.requireNonNull(head.trainable().get("v_head.summary.weight"));
  }

  /** Slopes of log-probs and of values, another for each token. */
  private static Tensor slopes(int tokens, int from) {
    float[] out = new float[tokens];
    for (int i = 0; i < tokens; i++) {
      out[i] = (float) Math.sin(from + 1.7 * i);
    }
    return Tensors.floats(out, Device.CPU, tokens);
  }

  /** The sum of both, each by its slope. */
  private static final class Linear implements Objective {
    @Override
    public boolean isValued() {
      return true;
    }

    @Override
    public Loss loss(Tensor given, LabelTokens labels) {
      int n = labels.count();
      float[] both = new float[2 * n];
      System.arraycopy(Tensors.toFloats(slopes(n, 1)), 0, both, 0, n);
      System.arraycopy(Tensors.toFloats(slopes(n, 2)), 0, both, n, n);
      Tensor gradient = Tensors.floats(both, Device.CPU, 2, n);
      return new Loss(given.mul(gradient).sum().item_double(), gradient);
    }
  }

  @Test
  void gradients_are_those_of_the_whole_graph() {
    takeRow();
    Batch batch = batch();
    try (PointerScope scope = new PointerScope()) {
      PlainModel plain = new PlainModel(config, model.parameters().all(), 1);
      double expected = wholeGraph(plain, batch);
      double loss = step.forwardBackward(batch, new Linear(), 1, 7);
      assertThat(loss).isCloseTo(expected, within(1e-4));
      float[] own = Tensors.toFloats(weight().grad());
      Trainables.of(model)
          .forEach(
              (name, p) -> {
                float[] theirs = plain.gradient(name);
                float[] ours = Tensors.toFloats(p.grad());
                if (name.equals("model.embed_tokens.weight")) {
                  for (int i = 0; i < own.length; i++) {
                    ours[ROW * own.length + i] += own[i];
                  }
                }
                assertThat(ours).as(name).containsExactly(theirs, within(2e-5f));
              });
      float[] bias =
          Tensors.toFloats(
              Objects.requireNonNull(head.trainable().get("v_head.summary.bias")).grad());
      assertThat(bias[0])
          .isCloseTo(slopes(LabelTokens.of(batch).count(), 2).sum().item_float(), within(1e-5f));
    }
  }

  private static double wholeGraph(PlainModel plain, Batch batch) {
    LabelTokens labels = LabelTokens.of(batch);
    int n = labels.count();
    try (Grad on = Grad.on()) {
      Tensor logits = plain.logits(batch);
      Tensor own =
          logits
              .view(-1, logits.size(-1))
              .index_select(0, Tensors.longs(labels.at(), Device.CPU, n));
      Tensor p =
          own.log_softmax(-1)
              .gather(1, Tensors.longs(labels.targets(), Device.CPU, n, 1))
              .squeeze(1);
      Tensor loss = p.mul(slopes(n, 1)).sum().add(own.select(1, ROW).mul(slopes(n, 2)).sum());
      loss.backward();
      return loss.item_double();
    }
  }

  @Test
  void values_stand_below_log_probs_and_come_back_from_a_file() {
    Batch batch = batch();
    int n = LabelTokens.of(batch).count();
    try (PointerScope scope = new PointerScope()) {
      float[] fresh = Tensors.toFloats(step.valued(batch));
      assertThat(fresh).hasSize(2 * n);
      assertThat(fresh[n]).isZero();
      takeRow();
      float[] before = Tensors.toFloats(step.valued(batch));
      assertThat(before[n]).isNotZero();
      float[] alone = Tensors.toFloats(step.logProbs(batch));
      for (int i = 0; i < n; i++) {
        assertThat(before[i]).isEqualTo(alone[i]).isEqualTo(fresh[i]);
      }
      head.write(temp);
      ValueHead other = new ValueHead(model);
      other.read(temp);
      BlockwiseStep again =
          new BlockwiseStep(
              model, WeightSource.of(model), StepLayout.recomputing(40), Optional.of(other));
      assertThat(Tensors.toFloats(again.valued(batch))).containsExactly(before);
    }
  }
}
