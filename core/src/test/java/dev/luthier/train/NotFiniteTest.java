package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Json;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Something becomes infinite, or not a number, in the middle of a run. */
class NotFiniteTest {
  private static final int ROWS = 40;
  private static final String UP = "model.layers.1.mlp.up_proj.lora_B.weight";
  @TempDir private Path temp = Path.of("");

  @Test
  void a_weight_that_broke_is_never_saved_and_the_run_goes_on_from_the_last_good_checkpoint() {
    Run straight = new Run("straight", 2);
    straight.go(0);
    for (int brokenAfter : new int[] {3, 4, 5}) {
      Run run = new Run("every-2-broken-after-" + brokenAfter, 2);
      run.afterStep = step -> run.fill(UP, brokenAfter == step ? Double.NaN : 0);
      String good = "step-" + (brokenAfter - 1) / 2 * 2;
      assertThatThrownBy(() -> run.go(0))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining(
              "the last good checkpoint is " + run.checkpoints.path(2).getParent())
          .hasMessageContaining(good)
          .hasMessageContaining("troubleshooting.md#not-finite")
          .hasMessageContaining(
              // On a checkpoint's step it is seen before the saving, else in the next step.
              brokenAfter % 2 == 0
                  ? "after step " + brokenAfter + " " + UP + " is not finite"
                  : "step "
                      + (brokenAfter + 1)
                      + ": the loss is NaN; the first output that is not"
                      + " finite is that of block 1. Data rows [");
      assertThat(run.checkpoints.steps()).endsWith((long) (brokenAfter - 1) / 2 * 2);

      Run resumed = new Run(run.name, 2);
      resumed.go(resumed.checkpoints.newestWhole());
      assertThat(resumed.weights()).usingRecursiveComparison().isEqualTo(straight.weights());
    }
  }

  @Test
  void a_weight_that_broke_in_the_last_step_is_no_result() {
    Run run = new Run("last", 2);
    run.afterStep = step -> run.fill(UP, step == run.steps() ? Double.NEGATIVE_INFINITY : 0);
    assertThatThrownBy(() -> run.go(0))
        .hasMessageContaining("after step " + run.steps() + " " + UP + " is not finite");
  }

  @Test
  void rows_that_make_the_loss_infinite_are_named_and_saved() {
    // Only one row has this token, whose frozen embedding is broken.
    int token = 39;
    Run run = new Run("row", 1);
    run.breakEmbedding(token);
    run.rows.set(
        6, List.of(new TokenSequence(new int[] {3, token, 5}, new int[] {-100, 39, 5}, 7)));
    assertThatThrownBy(() -> run.go(0))
        .isInstanceOf(LuthierException.class)
        .hasMessageMatching(
            "(?s)step \\d+: the loss is .*that of the embedding. Data rows \\[.*\\b7\\b.*\\];.*");
    var dump = Json.read(temp.resolve("row/failed-batch.json"));
    assertThat(dump.path("step").asLong()).isEqualTo(run.checkpoints.steps().size() + 1L);
    var batch = dump.path("batches").path(0);
    assertThat(batch.path("data_rows").toString()).contains("[7]");
    assertThat(batch.path("input_ids").toString()).contains("3," + token + ",5");
    assertThat(batch.path("input_ids")).hasSameSizeAs(batch.path("labels"));
    assertThat(run.checkpoints.newestWhole()).isEqualTo(dump.path("step").asLong() - 1);
  }

  private interface AfterStep {
    void step(long step);
  }

  /** Ten steps of four rows, on a model of its own. */
  private final class Run {
    final String name;
    final Transformer model = TinyLlama.lora(1, LoraSettings.defaults());
    final Map<String, Tensor> trained = Trainables.of(model);
    final List<List<TokenSequence>> rows = new ArrayList<>();
    final Checkpoints checkpoints;
    private final CheckpointSettings every;
    AfterStep afterStep = step -> {};

    Run(String name, int every) {
      this.name = name;
      this.every = new CheckpointSettings(every, ROWS, false);
      checkpoints =
          new Checkpoints(
              temp.resolve(name), new TensorFile(trained), ROWS, new TrainListener() {});
      SplittableRandom random = new SplittableRandom(5);
      for (int r = 1; r <= ROWS; r++) {
        int[] tokens = random.ints(4 + random.nextInt(9), 1, 39).toArray();
        rows.add(List.of(new TokenSequence(tokens, tokens.clone(), r)));
      }
    }

    long steps() {
      TrainSettings d = TrainSettings.defaults();
      return new BatchOrder(data(), d).totalSteps();
    }

    private TrainingRows data() {
      return new TrainingRows(rows, new Collator(0));
    }

    void go(long from) {
      Trainer.Job job =
          new Trainer.Job(
              model,
              StepSource.of(
                  data(),
                  Optional.empty(),
                  Objective.crossEntropy(),
                  TrainSettings.defaults(),
                  EvalSettings.defaults()),
              TrainSettings.defaults(),
              0.01,
              EvalSettings.defaults(),
              every,
              StepLayout.recomputing(model.shape().vocabulary()),
              OptionalLong.empty());
      TrainListener listener =
          new TrainListener() {
            @Override
            public void step(StepMetrics metrics) {
              afterStep.step(metrics.step());
            }
          };
      try (Trainer trainer = new Trainer(job, checkpoints, () -> false, listener)) {
        trainer.resume(from);
        trainer.run();
      }
    }

    /** Puts a value other than 0 into a weight. */
    void fill(String weight, double value) {
      if (value != 0) {
        try (PointerScope scope = new PointerScope();
            Grad off = Grad.off()) {
          Objects.requireNonNull(trained.get(weight))
              .view(-1)
              .select(0, 7)
              .fill_(Tensors.scalar(value));
        }
      }
    }

    void breakEmbedding(long token) {
      try (PointerScope scope = new PointerScope();
          Grad off = Grad.off()) {
        Objects.requireNonNull(model.parameters().all().get("model.embed_tokens.weight"))
            .select(0, token)
            .fill_(Tensors.scalar(Double.POSITIVE_INFINITY));
      }
    }

    Map<String, float[]> weights() {
      Map<String, float[]> out = new LinkedHashMap<>();
      try (PointerScope scope = new PointerScope()) {
        trained.forEach((n, t) -> out.put(n, Tensors.toFloats(t)));
      }
      return out;
    }
  }
}
