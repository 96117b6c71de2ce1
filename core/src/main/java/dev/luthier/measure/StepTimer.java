package dev.luthier.measure;

import com.sun.management.OperatingSystemMXBean;
import dev.luthier.data.Batch;
import dev.luthier.model.Transformer;
import dev.luthier.optim.Optimizer;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Seeds;
import dev.luthier.train.Gradients;
import dev.luthier.train.Optimizers;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * Times optimizer steps as training makes them: forward and backward over one micro-batch, the
 * gradient's norm, clipping, AdamW, clearing. Tokens are random, one document per row, and all of
 * them are labelled but each row's first.
 */
public final class StepTimer {
  private static final double LEARNING_RATE = 1e-5;

  private final Device device;
  private final TrainSettings settings = TrainSettings.defaults();
  private final Gradients gradients;
  private final Optimizer optimizer;
  private final Batch batch;
  private long done;

  /**
   * @param model whose trainable parameters move
   */
  public StepTimer(Transformer model, Batch batch) {
    Map<String, Tensor> parameters = Trainables.of(model);
    this.device = model.parameters().device();
    this.gradients = new Gradients(parameters);
    this.optimizer = Optimizers.create(settings, parameters, device);
    this.batch = batch;
  }

  /**
   * What a step took.
   *
   * @param seconds from its start to its end
   * @param processorSeconds that the process' threads ran meanwhile, together; other work on the
   *     machine lengthens seconds and hardly these
   * @param diskBytes that came from the disk, not from what the operating system had in memory
   */
  public record Step(double seconds, double processorSeconds, long diskBytes) {}

  /** Makes one optimizer step with these gradients. */
  public Step step(ForwardBackward pass) {
    long start = System.nanoTime();
    double ran = processorSeconds();
    long read = Disk.bytesRead();
    pass.run(batch, 1.0 / batch.labelTokens(), Seeds.mix(settings.seed(), done++));
    gradients.clip(gradients.norm(), settings.maxGradNorm());
    optimizer.step(LEARNING_RATE);
    gradients.clear();
    device.finish();
    return new Step(
        (System.nanoTime() - start) / 1e9, processorSeconds() - ran, Disk.bytesRead() - read);
  }

  /** Seconds that the process' threads have run; 0 where the Java runtime does not tell. */
  private static double processorSeconds() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os
        ? os.getProcessCpuTime() / 1e9
        : 0;
  }

  /** A batch of random ids below the vocabulary's size. */
  public static Batch batch(int rows, int length, int vocabulary, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[][] ids = new long[rows][length];
    for (long[] row : ids) {
      for (int t = 0; t < length; t++) {
        row[t] = random.nextInt(vocabulary);
      }
    }
    return Batch.of(ids, ids);
  }
}
