package dev.luthier.recipe;

import dev.luthier.LuthierException;
import dev.luthier.model.Decoder;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Native;
import dev.luthier.train.Checkpoints;
import dev.luthier.train.RunState;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What every training recipe does once its parts are assembled. */
final class Training {
  /**
   * Batches are padded to a multiple of this: oneDNN compiles and keeps a kernel for every new
   * shape.
   */
  static final int LENGTH_STEP = 16;

  private Training() {}

  /**
   * Saved activations may take this share of the machine's memory before blocks are recomputed
   * instead.
   */
  private static final int MEMORY_SHARE = 8;

  /** Writes the result into the run's folder when the parameters are final. */
  interface Result {
    void write(Path output) throws IOException;
  }

  static RunResult run(
      RunFolder folder,
      Path output,
      Trainer.Job job,
      TrainFiles files,
      BooleanSupplier interrupted,
      TrainListener listener,
      Result result) {
    Checkpoints checkpoints = new Checkpoints(output, files, job.checkpoint().keep(), listener);
    long step = checkpoints.newestWhole();
    try (MetricsFile metrics = folder.metrics(step).every(job.settings().logEverySteps());
        Trainer trainer =
            new Trainer(job, checkpoints, interrupted, new Listeners(metrics, listener))) {
      trainer.resume(step);
      Trainer.Outcome outcome = trainer.run();
      if (outcome.end() == Trainer.End.INTERRUPTED) {
        return new RunResult(outcome.end(), output, results(outcome));
      }
      result.write(output);
      Map<String, Object> results = results(outcome);
      folder.finish(results);
      return new RunResult(outcome.end(), output, results);
    } catch (IOException e) {
      throw new LuthierException(output + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> results(Trainer.Outcome outcome) {
    RunState state = outcome.state();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("steps", state.step());
    if (Double.isFinite(outcome.loss())) {
      out.put("loss", outcome.loss());
    }
    if (state.bestStep() > 0) {
      out.put("eval_loss", state.bestLoss());
      out.put("best_step", state.bestStep());
    }
    out.put("tokens", state.tokens());
    out.put("train_seconds", Math.round(state.seconds() * 10) / 10.0);
    out.put("peak_bytes", Memory.peakResident());
    return out;
  }

  /** Whether keeping all blocks' activations of the longest batch would take too much memory. */
  static boolean recompute(Decoder model, int microBatch, int maxLength) {
    Decoder.Shape s = model.shape();
    double perToken =
        4.0
            * (16L * s.hidden()
                + 6L * s.intermediate()
                + 2L * s.heads() * Math.min(maxLength, 1024));
    double bytes = perToken * microBatch * maxLength * s.blocks();
    return bytes > Memory.total() / (double) MEMORY_SHARE;
  }

  /** Settings that only say where things are, which may differ when a run is resumed. */
  static Map<String, Object> identity(String verb, Record settings, Map<String, String> hashes) {
    Map<String, Object> map = Settings.toMap(settings);
    map.remove("output");
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("verb", verb);
    out.put("settings", map);
    out.put("hashes", hashes);
    return out;
  }

  static void threads(int threads) {
    Native.threads(threads);
  }
}
