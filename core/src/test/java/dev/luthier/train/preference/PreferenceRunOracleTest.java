package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.Part;
import dev.luthier.data.PromptLabels;
import dev.luthier.data.TokenSequence;
import dev.luthier.model.Transformer;
import dev.luthier.optim.AdamW;
import dev.luthier.optim.Optimizer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Gradients;
import dev.luthier.train.Objective;
import dev.luthier.train.Trainables;
import dev.luthier.train.WeightSource;
import dev.luthier.train.preference.PairObjective.Mix;
import dev.luthier.train.preference.PairObjective.Totals;
import dev.luthier.train.preference.PairObjective.Weighted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Recorded runs of ten steps by TRL's losses, over transformers' Llama. */
@Tag("interop")
class PreferenceRunOracleTest {
  private static final String ROOT = "oracle-transformers/";
  private static final double CLOSE = 1e-4;
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final PairSettings SETTINGS = new PairSettings(0.1, 0);

  private final Transformer model = LOADER.full(Assets.path(ROOT + "pref_base")).transformer();
  private final BlockwiseStep policy = new BlockwiseStep(model, WeightSource.of(model));
  private final Reference reference = reference();

  private static Reference reference() {
    Transformer model = LOADER.load(Assets.path(ROOT + "pref_ref")).transformer();
    return Reference.of(new BlockwiseStep(model, WeightSource.of(model)));
  }

  @Test
  void dpo_is_followed() {
    PairTerm term = new PairTerm.Margin(PairLoss.SIGMOID, SETTINGS, false, true, 0);
    follow("pref_dpo_sigmoid", Mix.of(term), false);
  }

  @Test
  void ipo_is_followed() {
    PairTerm term = new PairTerm.Margin(PairLoss.IPO, SETTINGS, true, true, 0);
    follow("pref_dpo_ipo", Mix.of(term), false);
  }

  @Test
  void orpo_is_followed() {
    PairTerm term = new PairTerm.Odds(new OddsRatioLoss(0.1));
    follow("pref_orpo", new Mix(List.of(new Weighted(term, 1)), 1), true);
  }

  private void follow(String folder, Mix mix, boolean prompts) {
    run(
        folder,
        (pairs, expected) -> {
          List<List<TokenSequence>> rows = new ArrayList<>();
          pairs.forEach(p -> rows.add(List.of(answer(p, p, "chosen"), answer(p, p, "rejected"))));
          Collator collator = new Collator(0);
          Batch batch = prompts ? new PromptLabels(collator).make(rows, 0) : collator.make(rows, 0);
          double[] sums = Reference.sums(policy, batch);
          int[] tokens =
              rows.stream().flatMap(List::stream).mapToInt(TokenSequence::trained).toArray();
          boolean means = !folder.equals("pref_dpo_sigmoid");
          sameAnswers(expected, "", sums, means ? tokens : null);
          Batch held = mix.hasReference() ? reference.over(List.of(batch)).get(0) : batch;
          if (mix.hasReference()) {
            double[] theirs =
                held.form().answers().stream().mapToDouble(Batch.Answer::reference).toArray();
            sameAnswers(expected, "ref_", theirs, means ? tokens : null);
          }
          return new Step(held, new PairObjective(mix, Totals.of(List.of(held))));
        });
  }

  @Test
  void kto_is_followed() {
    UnpairedLoss loss = new UnpairedLoss(0.1, 1, 1);
    run(
        "pref_kto",
        (pairs, expected) -> {
          List<List<TokenSequence>> rows = new ArrayList<>();
          List<List<TokenSequence>> others = new ArrayList<>();
          for (String side : List.of("chosen", "rejected")) {
            Part part = side.equals("chosen") ? Part.DESIRABLE : Part.UNDESIRABLE;
            for (int i = 0; i < pairs.size(); i++) {
              JsonNode next = pairs.get((i + 1) % pairs.size());
              rows.add(List.of(answer(pairs.get(i), pairs.get(i), side).as(part)));
              others.add(List.of(answer(pairs.get(i), next, side).as(part)));
            }
          }
          Batch batch = reference.over(List.of(new Collator(0).make(rows, 0))).get(0);
          double kl =
              Divergence.of(policy, reference.over(List.of(new Collator(0).make(others, 0))));
          assertThat(kl).isCloseTo(expected.get("kl").asDouble(), within(CLOSE));
          return new Step(batch, new UnpairedObjective(loss, kl));
        });
  }

  private record Step(Batch batch, Objective objective) {}

  private void run(String folder, BiFunction<JsonNode, JsonNode, Step> steps) {
    JsonNode pairs = Assets.json(ROOT + folder + "/pairs.json");
    JsonNode expected = Assets.json(ROOT + folder + "/meta.json").get("steps_fp32");
    Map<String, Tensor> trained = Trainables.of(model);
    Map<String, Optimizer.Parameter> all = new LinkedHashMap<>();
    AdamW adamW = new AdamW(0.9, 0.999, 1e-8);
    trained.forEach((name, p) -> all.put(name, new Optimizer.Parameter(p, adamW, 1, 0, false)));
    Optimizer optimizer = new Optimizer(all, Device.CPU, Path.of("unused"));
    Gradients gradients = new Gradients(trained);
    assertThat(pairs).hasSize(10);
    for (int i = 0; i < pairs.size(); i++) {
      JsonNode theirs = expected.get(i);
      Step step = steps.apply(pairs.get(i), theirs);
      double weight = step.objective().weight(dev.luthier.train.LabelTokens.of(step.batch()));
      double loss = policy.forwardBackward(step.batch(), step.objective(), 1 / weight, i) / weight;
      String what = folder + " step " + i;
      assertThat(loss).as(what).isCloseTo(theirs.get("loss").asDouble(), within(CLOSE));
      double norm = theirs.get("grad_norm").asDouble();
      assertThat(gradients.norm()).as(what).isCloseTo(norm, within(CLOSE));
      sameRewards(what, theirs, step.objective().figures());
      optimizer.step(1e-3);
      gradients.clear();
    }
    sameWeights(trained, Assets.path(ROOT + folder + "/model_final.safetensors"));
  }

  private static void sameAnswers(
      JsonNode expected, String prefix, double[] sums, int @Nullable [] tokens) {
    JsonNode chosen = expected.get(prefix + "chosen_logps");
    JsonNode rejected = expected.get(prefix + "rejected_logps");
    for (int i = 0; i < sums.length; i++) {
      double theirs = (i % 2 == 0 ? chosen : rejected).get(i / 2).asDouble();
      double ours = tokens == null ? sums[i] : sums[i] / tokens[i];
      assertThat(ours).isCloseTo(theirs, within(CLOSE));
    }
  }

  private static void sameRewards(String what, JsonNode step, Map<String, Double> figures) {
    for (String side : List.of("chosen", "rejected")) {
      JsonNode theirs = step.get(side + "_rewards");
      if (theirs != null) {
        double mean =
            IntStream.range(0, theirs.size())
                .mapToDouble(i -> theirs.get(i).asDouble())
                .average()
                .orElseThrow();
        assertThat(figures.get("rewards/" + side)).as(what).isCloseTo(mean, within(CLOSE));
      }
    }
  }

  private static TokenSequence answer(JsonNode prompt, JsonNode answer, String side) {
    int[] read = ids(prompt.get("prompt"));
    int[] trained = ids(answer.get(side));
    int[] tokens = IntStream.concat(Arrays.stream(read), Arrays.stream(trained)).toArray();
    int[] labels = tokens.clone();
    Arrays.fill(labels, 0, read.length, TokenSequence.IGNORED);
    Part part = side.equals("chosen") ? Part.CHOSEN : Part.REJECTED;
    return new TokenSequence(tokens, labels, 1).as(part);
  }

  private static int[] ids(JsonNode of) {
    return IntStream.range(0, of.size()).map(i -> of.get(i).asInt()).toArray();
  }

  private static void sameWeights(Map<String, Tensor> trained, Path file) {
    Map<String, float[]> expected = TensorFiles.readFloats(file);
    try (PointerScope scope = new PointerScope()) {
      trained.forEach(
          (name, t) -> {
            float[] ours = Tensors.toFloats(t);
            float[] theirs = Objects.requireNonNull(expected.get(name));
            double squares = 0;
            for (int i = 0; i < ours.length; i++) {
              squares += (ours[i] - theirs[i]) * (double) (ours[i] - theirs[i]);
            }
            assertThat(Math.sqrt(squares / ours.length)).as(name).isLessThan(1e-5);
          });
    }
  }
}
