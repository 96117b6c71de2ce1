package dev.luthier.train;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.nn.ModulePatterns;
import dev.luthier.optim.AdafactorSettings;
import dev.luthier.tensor.ComputeDtype;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
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
 * @param optimizer how weights move by their gradients
 * @param weightDecay decoupled decay (of SGD: added to the gradient); not of norms and biases
 * @param beta1 decay rate of the mean gradient; 0.9 if empty, and none for Adafactor
 * @param beta2 AdamW's decay rate of the mean squared gradient, Lion's of the momentum; 0.999 and
 *     0.99 if empty
 * @param epsilon AdamW's guard against division by zero
 * @param momentum SGD's
 * @param nesterov whether SGD's momentum is Nesterov's
 * @param learningRatePattern factor of the learning rate by module pattern; the first that matches
 * @param weightDecayPattern weight decay by module pattern; the first that matches
 * @param loraPlusRatio learning rate of LoRA's B over that of its A
 * @param maxGradNorm gradients are scaled down to this global norm; 0 means never
 * @param clip how the global norm is learnt
 * @param updateInBackward whether each block is updated as soon as its gradients are complete, and
 *     they are freed
 * @param seed everything random in the run follows from it
 * @param dtype what the model computes in
 * @param shuffle whether rows are drawn in a new random order every epoch
 * @param logEverySteps how often metrics are written
 * @param adafactor what only Adafactor has
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
    @Setting(
            help = "adamw | adamw_8bit | paged_adamw | paged_adamw_8bit | sgd | adafactor | lion",
            value = "adamw")
        OptimizerKind optimizer,
    @Setting(help = "weight decay, off norms and biases", value = "0.0") double weightDecay,
    @Setting(help = "adamw, lion: default 0.9; adafactor: a first moment, default none")
        Optional<Double> beta1,
    @Setting(help = "adamw: default 0.999; lion: default 0.99") Optional<Double> beta2,
    @Setting(help = "adamw: guard against division by zero", value = "1e-8") double epsilon,
    @Setting(help = "sgd: share of the velocity that stays", value = "0.9") double momentum,
    @Setting(help = "sgd: Nesterov's momentum", value = "false") boolean nesterov,
    @Setting(
            help = "learning rate factor by module pattern, such as {embed_tokens: 0.1}",
            value = "")
        Map<String, Double> learningRatePattern,
    @Setting(help = "weight decay by module pattern, such as {embed_tokens: 0}", value = "")
        Map<String, Double> weightDecayPattern,
    @Setting(help = "learning rate of LoRA's B over that of A (LoRA+)", value = "1.0")
        double loraPlusRatio,
    @Setting(help = "clip gradients to this global norm; 0 means never", value = "1.0")
        double maxGradNorm,
    @Setting(
            help =
                "global | two-pass: with updateInBackward, the way back is taken once more to learn"
                    + " the norm",
            value = "global")
        ClipMode clip,
    @Setting(
            help =
                "update each block as soon as its gradients are complete, so that they never exist"
                    + " together (full and pretrain)",
            value = "false")
        boolean updateInBackward,
    @Setting(help = "everything random follows from it", value = "42") long seed,
    @Setting(help = "what the model computes in: float32 | bfloat16", value = "float32")
        ComputeDtype dtype,
    @Setting(help = "a new random order every epoch", value = "true") boolean shuffle,
    @Setting(help = "write metrics every N steps", value = "1") int logEverySteps,
    AdafactorSettings adafactor) {

  /** Checks everything at once. */
  public TrainSettings {
    learningRatePattern = Collections.unmodifiableMap(new LinkedHashMap<>(learningRatePattern));
    weightDecayPattern = Collections.unmodifiableMap(new LinkedHashMap<>(weightDecayPattern));
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
    rate(complaints, "train.beta1", beta1.orElse(0.0));
    rate(complaints, "train.beta2", beta2.orElse(0.0));
    rate(complaints, "train.momentum", momentum);
    patterns(complaints, "train.learningRatePattern", learningRatePattern);
    patterns(complaints, "train.weightDecayPattern", weightDecayPattern);
    complaints
        .unless(weightDecay >= 0, "train.weightDecay", weightDecay, "must be 0 or more")
        .unless(epsilon > 0, "train.epsilon", epsilon, "must be positive")
        .unless(
            !nesterov || momentum > 0, "train.nesterov", nesterov, "needs train.momentum above 0")
        .unless(loraPlusRatio > 0, "train.loraPlusRatio", loraPlusRatio, "must be positive")
        .unless(maxGradNorm >= 0, "train.maxGradNorm", maxGradNorm, "must be 0 or more")
        .unless(
            !updateInBackward || maxGradNorm == 0 || clip == ClipMode.TWO_PASS,
            "train.updateInBackward",
            true,
            "gradients never exist together, so their norm is not known in time for"
                + " train.maxGradNorm: add train.clip=two-pass (a second way back), or"
                + " train.maxGradNorm=0")
        .unless(
            updateInBackward || clip == ClipMode.GLOBAL,
            "train.clip",
            clip,
            "is for train.updateInBackward=true; without it the norm is known anyway")
        .unless(logEverySteps >= 1, "train.logEverySteps", logEverySteps, "must be at least 1")
        .throwIfAny();
  }

  /**
   * The peak learning rate: the one given, or what suits the optimizer.
   *
   * @param otherwise what suits AdamW
   */
  public double peakRate(double otherwise) {
    return learningRate.orElse(otherwise * optimizer.rateFactor());
  }

  /**
   * The same steps with their sequences cut into other micro-batches.
   *
   * @param size sequences that go through the model together
   * @param accumulation micro-batches per optimizer step
   */
  public TrainSettings microBatches(int size, int accumulation) {
    return new TrainSettings(
        maxSteps,
        epochs,
        size,
        accumulation,
        learningRate,
        schedule,
        warmupSteps,
        warmupRatio,
        floorRatio,
        decayRatio,
        optimizer,
        weightDecay,
        beta1,
        beta2,
        epsilon,
        momentum,
        nesterov,
        learningRatePattern,
        weightDecayPattern,
        loraPlusRatio,
        maxGradNorm,
        clip,
        updateInBackward,
        seed,
        dtype,
        shuffle,
        logEverySteps,
        adafactor);
  }

  /** Returns three epochs of AdamW under a cosine. */
  public static TrainSettings defaults() {
    return SettingDefaults.of(TrainSettings.class);
  }

  private static void share(Complaints complaints, String key, double value) {
    complaints.unless(value >= 0 && value <= 1, key, value, "must be from 0 to 1");
  }

  private static void rate(Complaints complaints, String key, double value) {
    complaints.unless(value >= 0 && value < 1, key, value, "must be from 0 to below 1");
  }

  private static void patterns(Complaints complaints, String key, Map<String, Double> values) {
    ModulePatterns.check(complaints, key, values);
    values.forEach(
        (pattern, value) ->
            complaints.unless(value >= 0, key + "." + pattern, value, "must be 0 or more"));
  }
}
