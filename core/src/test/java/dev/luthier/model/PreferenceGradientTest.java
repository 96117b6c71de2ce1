package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.Snapshot;
import dev.luthier.train.StepData;
import dev.luthier.train.StepLayout;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.WeightSource;
import dev.luthier.train.preference.AgreeingSteps;
import dev.luthier.train.preference.PairLoss;
import dev.luthier.train.preference.PairObjective;
import dev.luthier.train.preference.PairObjective.Mix;
import dev.luthier.train.preference.PairObjective.Totals;
import dev.luthier.train.preference.PairObjective.Weighted;
import dev.luthier.train.preference.PairSettings;
import dev.luthier.train.preference.PairTerm;
import dev.luthier.train.preference.PreferenceSteps;
import dev.luthier.train.preference.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DPO's gradient, block by block, against autograd over one graph in float64. */
class PreferenceGradientTest {
  private static final double BETA = 0.3;
  private static final PairTerm DPO =
      new PairTerm.Margin(PairLoss.SIGMOID, new PairSettings(BETA, 0), false, true, 0);

  private final ObjectNode config =
      TinyConfigs.get("llama tie_word_embeddings: true, hidden_act: relu2");
  private final Transformer model = TinyModels.full(config).transformer();
  private final BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
  private final SplittableRandom random = new SplittableRandom(3);

  private TokenSequence answer(int[] prompt, Part part, int row) {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + 1 + random.nextInt(5));
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, TokenSequence.IGNORED);
    for (int i = prompt.length; i < tokens.length; i++) {
      tokens[i] = 1 + random.nextInt(39);
      labels[i] = tokens[i];
    }
    return new TokenSequence(tokens, labels, row).as(part);
  }

  private List<List<TokenSequence>> pairs(int count) {
    List<List<TokenSequence>> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(2 + random.nextInt(4), 1, 40).toArray();
      out.add(List.of(answer(prompt, Part.CHOSEN, i + 1), answer(prompt, Part.REJECTED, i + 1)));
    }
    return out;
  }

  /** A reference that is off by some nats, another for each answer. */
  private Batch held(Batch batch) {
    Reference itself = Reference.of(step);
    double[] off = {0};
    List<Batch.Answer> answers =
        itself.over(List.of(batch)).get(0).form().answers().stream()
            .map(a -> new Batch.Answer(a.part(), a.reference() + 1.5 * Math.sin(++off[0])))
            .toList();
    return batch.withForm(batch.form().with(answers));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "2, 0", "0, 0.7"})
  void is_the_one_of_the_whole_graph(int kept, double sft) {
    Batch batch = held(new Collator(0).packed(pairs(3)));
    Mix mix = new Mix(List.of(new Weighted(DPO, 1)), sft);
    Objective objective = new PairObjective(mix, Totals.of(List.of(batch)));
    try (PointerScope scope = new PointerScope()) {
      PlainModel plain = new PlainModel(config, model.parameters().all(), 1);
      double expected = wholeGraph(plain, batch, sft);
      double loss =
          new BlockwiseStep(model, WeightSource.of(model), StepLayout.recomputing(40).keeping(kept))
              .forwardBackward(batch, objective, 1.0 / 3, 7);
      assertThat(loss / 3).isCloseTo(expected, within(1e-5));
      Trainables.of(model)
          .forEach(
              (name, p) -> {
                float[] theirs = plain.gradient(name);
                float[] ours = Tensors.toFloats(p.grad());
                for (int i = 0; i < ours.length; i++) {
                  assertThat(ours[i]).as(name + "[" + i + "]").isCloseTo(theirs[i], within(1e-5f));
                }
              });
    }
  }

  private static double wholeGraph(PlainModel plain, Batch batch, double sft) {
    LabelTokens labels = LabelTokens.of(batch);
    try (Grad on = Grad.on()) {
      Tensor logits = plain.logits(batch);
      Tensor all = logits.view(-1, logits.size(-1)).log_softmax(-1);
      Tensor p =
          all.index_select(0, Tensors.longs(labels.at(), Device.CPU, labels.count()))
              .gather(1, Tensors.longs(labels.targets(), Device.CPU, labels.count(), 1))
              .squeeze(1);
      Tensor loss = null;
      long chosenTokens = 0;
      for (int i = 0; i < labels.answers().size(); i += 2) {
        AnswerTokens c = labels.answers().get(i);
        AnswerTokens r = labels.answers().get(i + 1);
        double held = c.answer().reference() - r.answer().reference();
        Tensor z = sum(p, c).sub(sum(p, r)).sub(Tensors.scalar(held)).mul(Tensors.scalar(BETA));
        Tensor one = torch.log_sigmoid(z).neg();
        loss = loss == null ? one : loss.add(one);
        chosenTokens += c.count();
      }
      loss = Objects.requireNonNull(loss).div(Tensors.scalar(labels.answers().size() / 2.0));
      for (int i = 0; i < labels.answers().size() && sft > 0; i += 2) {
        loss = loss.sub(sum(p, labels.answers().get(i)).mul(Tensors.scalar(sft / chosenTokens)));
      }
      loss.backward();
      return loss.item_double();
    }
  }

  private static Tensor sum(Tensor p, AnswerTokens of) {
    return p.narrow(0, of.from(), of.count()).sum();
  }

  @Test
  void with_policy_as_reference_the_loss_is_ln_2() {
    Batch batch = new Collator(0).packed(pairs(4));
    Reference start = Reference.of(step, new Snapshot(Trainables.of(model)));
    Batch held = start.over(List.of(batch)).get(0);
    Objective objective = new PairObjective(Mix.of(DPO), Totals.of(List.of(held)));
    double loss = step.forwardBackward(held, objective, 0.25, 1) / 4;
    assertThat(loss).isEqualTo(Math.log(2));
    assertThat(objective.figures()).containsEntry("rewards/margins", 0.0);
  }

  @Test
  void a_snapshot_says_what_the_weights_said_then() {
    Batch batch = new Collator(0).packed(pairs(2));
    Map<String, Tensor> trained = Trainables.of(model);
    Snapshot then = new Snapshot(trained);
    List<Double> before = references(Reference.of(step).over(List.of(batch)));
    Map<String, float[]> moved = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      trained.values().forEach(t -> t.detach().mul_(Tensors.scalar(1.1)));
      trained.forEach((name, t) -> moved.put(name, Tensors.toFloats(t)));
    }
    assertThat(references(Reference.of(step).over(List.of(batch)))).isNotEqualTo(before);
    assertThat(references(Reference.of(step, then).over(List.of(batch)))).isEqualTo(before);
    try (PointerScope scope = new PointerScope()) {
      trained.forEach((name, t) -> assertThat(Tensors.toFloats(t)).isEqualTo(moved.get(name)));
    }
  }

  private static List<Double> references(List<Batch> batches) {
    return batches.get(0).form().answers().stream().map(Batch.Answer::reference).toList();
  }

  @Test
  void micro_batches_and_packing_do_not_change_the_loss_or_its_gradient() {
    List<List<TokenSequence>> rows = pairs(4);
    Collator collator = new Collator(0);
    List<Batch> whole = List.of(held(collator.packed(rows)));
    List<Batch> parts = rows.stream().map(row -> held(collator.packed(List.of(row)))).toList();
    List<TokenSequence> one = rows.stream().flatMap(List::stream).toList();
    List<Batch> packed = List.of(held(collator.packed(List.of(one))));
    double[] expected = lossAndNorm(whole);
    // A reference of its own for each answer of a batch, so these have others than the whole.
    List<Batch> same = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      List<Batch.Answer> own = whole.get(0).form().answers().subList(2 * i, 2 * i + 2);
      same.add(parts.get(i).withForm(parts.get(i).form().with(own)));
    }
    assertThat(lossAndNorm(same)).containsExactly(expected, within(1e-5));
    assertThat(lossAndNorm(packed)).containsExactly(expected, within(1e-5));
  }

  private double[] lossAndNorm(List<Batch> batches) {
    Mix mix = new Mix(List.of(new Weighted(DPO, 1)), 0.5);
    Objective objective = new PairObjective(mix, Totals.of(batches));
    double sum = 0;
    for (Batch batch : batches) {
      sum += step.forwardBackward(batch, objective, 0.25, 1);
    }
    var gradients = new dev.luthier.train.Gradients(Trainables.of(model));
    double norm = gradients.norm();
    gradients.clear();
    return new double[] {sum / 4, norm};
  }

  @Test
  void the_first_step_refuses_a_reference_that_is_another_model() {
    TrainingRows rows = new TrainingRows(pairs(3), new Collator(0));
    StepSource source =
        StepSource.of(
            rows,
            Optional.empty(),
            Objective.crossEntropy(),
            TrainSettings.defaults(),
            EvalSettings.defaults());
    StepData right = first(source, Reference.of(step));
    step.forwardBackward(right.batches().get(0), right.objective(), 1, 1);
    StepData wrong = first(source, batches -> batches.stream().map(this::held).toList());
    assertThatThrownBy(() -> step.forwardBackward(wrong.batches().get(0), wrong.objective(), 1, 1))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("should say the same")
        .hasMessageContaining("docs/preferences.md#disagreement");
  }

  private static StepData first(StepSource rows, Reference reference) {
    StepSource steps =
        new PreferenceSteps(
            rows, reference, batches -> new PairObjective(Mix.of(DPO), Totals.of(batches)));
    return new AgreeingSteps(steps, 1e-4).step(0, () -> false).orElseThrow();
  }
}
