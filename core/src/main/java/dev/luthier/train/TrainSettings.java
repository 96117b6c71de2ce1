package dev.luthier.train;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.tensor.ComputeDtype;
import java.util.Optional;

/**
 * The training loop's settings. A step is one optimizer update, on microBatchSize x
 * gradientAccumulation sequences.
 *
 * @param maxSteps optimizer steps; 0 means as many as the epochs take
 * @param epochs passes over the data when maxSteps is 0; may be a fraction
 * @param microBatchSize sequences that go through the model together
 * @param gradientAccumulation micro-batches per optimizer step
 * @param learningRate the peak; empty leaves it to the method
 * @param schedule how the learning rate moves after warmup
 * @param warmupSteps steps over which the learning rate rises; 0 leaves it to warmupRatio
 * @param warmupRatio warmup as a share of all steps
 * @param floorRatio where cosine-with-floor and wsd end, as a share of the peak
 * @param decayRatio the share of all steps over which wsd decays
 * @param weightDecay AdamW's decoupled decay; never on norms and biases
 * @param beta1 AdamW's decay rate of the mean gradient
 * @param beta2 AdamW's decay rate of the mean squared gradient
 * @param epsilon AdamW's guard against division by zero
 * @param maxGradNorm gradients are scaled down to this global norm; 0 means never
 * @param seed everything random in the run follows from it
 * @param dtype what the model computes in
 * @param shuffle whether rows are drawn in a new random order every epoch
 * @param logEverySteps how often metrics are written
 */
public record TrainSettings(
    @Setting(help = "optimizer steps; 0 means as many as the epochs take", value = "0")
        int maxSteps,
    @Setting(help = "passes over the data when maxSteps is 0", value = "3.0") double epochs,
    @Setting(help = "sequences that go through the model together", value = "4") int microBatchSize,
    @Setting(help = "micro-batches per optimizer step", value = "2") int gradientAccumulation,
    @Setting(help = "peak learning rate; default 2e-4 for lora, 2e-5 for full, 1e-3 for pretrain")
        Optional<Double> learningRate,
    @Setting(help = "linear | cosine | cosine-with-floor | constant | wsd", value = "cosine")
        ScheduleKind schedule,
    @Setting(help = "steps of rising learning rate; 0 means by warmupRatio", value = "0")
        int warmupSteps,
    @Setting(help = "warmup as a share of all steps", value = "0.03") double warmupRatio,
    @Setting(help = "where cosine-with-floor and wsd end, as a share of the peak", value = "0.1")
        double floorRatio,
    @Setting(help = "share of all steps over which wsd decays", value = "0.1") double decayRatio,
    @Setting(help = "AdamW weight decay, off norms and biases", value = "0.0") double weightDecay,
    @Setting(help = "AdamW beta 1", value = "0.9") double beta1,
    @Setting(help = "AdamW beta 2", value = "0.999") double beta2,
    @Setting(help = "AdamW epsilon", value = "1e-8") double epsilon,
    @Setting(help = "clip gradients to this global norm; 0 means never", value = "1.0")
        double maxGradNorm,
    @Setting(help = "everything random follows from it", value = "42") long seed,
    @Setting(help = "what the model computes in: float32 | bfloat16", value = "float32")
        ComputeDtype dtype,
    @Setting(help = "a new random order every epoch", value = "true") boolean shuffle,
    @Setting(help = "write metrics every N steps", value = "1") int logEverySteps) {

  /** Checks everything at once. */
  public TrainSettings {
    Complaints complaints = new Complaints();
    complaints
        .unless(maxSteps >= 0, "train.maxSteps", maxSteps, "must be 0 or more")
        .unless(maxSteps > 0 || epochs > 0, "train.epochs", epochs, "must be positive")
        .unless(microBatchSize >= 1, "train.microBatchSize", microBatchSize, "must be at least 1")
        .unless(
            gradientAccumulation >= 1,
            "train.gradientAccumulation",
            gradientAccumulation,
            "must be at least 1")
        .unless(
            learningRate.orElse(1.0) > 0 && learningRate.orElse(1.0) <= 10,
            "train.learningRate",
            learningRate.orElse(1.0),
            "must be above 0 and at most 10")
        .unless(warmupSteps >= 0, "train.warmupSteps", warmupSteps, "must be 0 or more");
    share(complaints, "train.warmupRatio", warmupRatio);
    share(complaints, "train.floorRatio", floorRatio);
    share(complaints, "train.decayRatio", decayRatio);
    complaints
        .unless(weightDecay >= 0, "train.weightDecay", weightDecay, "must be 0 or more")
        .unless(beta1 >= 0 && beta1 < 1, "train.beta1", beta1, "must be from 0 to below 1")
        .unless(beta2 >= 0 && beta2 < 1, "train.beta2", beta2, "must be from 0 to below 1")
        .unless(epsilon > 0, "train.epsilon", epsilon, "must be positive")
        .unless(maxGradNorm >= 0, "train.maxGradNorm", maxGradNorm, "must be 0 or more")
        .unless(logEverySteps >= 1, "train.logEverySteps", logEverySteps, "must be at least 1")
        .throwIfAny();
  }

  /** Returns three epochs of AdamW under a cosine. */
  public static TrainSettings defaults() {
    return SettingDefaults.of(TrainSettings.class);
  }

  private static void share(Complaints complaints, String key, double value) {
    complaints.unless(value >= 0 && value <= 1, key, value, "must be from 0 to 1");
  }
}
