package dev.luthier.recipe;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.ByteSize;
import dev.luthier.model.Transformer;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Native;
import dev.luthier.tokenizer.TokenizerSource;
import dev.luthier.train.Checkpoints;
import dev.luthier.train.MemorySettings;
import dev.luthier.train.RunState;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainer;
import dev.luthier.train.TrainingRows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What every training recipe does once its parts are assembled. */
final class Training {
  /**
   * Batches are padded to a multiple of this: oneDNN compiles and keeps a kernel for every new
   * shape.
   */
  static final int LENGTH_STEP = 16;

  /**
   * So many times its file's size a tokenizer takes in memory, and rows in Java's: the resident
   * size of {@code plan} grew by 18 MiB with a tokenizer of 1.8 MB, and by 62 MiB with 15.6 MB of
   * Alpaca rows.
   */
  private static final long TOKENIZER_SHARE = 10;

  private static final long ROWS_SHARE = 4;

  private Training() {}

  /** What rows read from these files take in the process, in bytes. */
  static long rowBytes(List<Path> files) {
    return ROWS_SHARE * files.stream().mapToLong(Training::size).sum();
  }

  /** What the tokenizer in this folder takes in the process, in bytes. */
  static long tokenizerBytes(Path model) {
    return TOKENIZER_SHARE * TokenizerSource.at(model).jsonBytes();
  }

  private static long size(Path file) {
    return file.toFile().length();
  }

  /** Writes the result into the run's folder when the parameters are final. */
  interface Result {
    /**
     * @param results what {@code run.json} will say of the run
     */
    void write(Path output, Map<String, Object> results) throws IOException;
  }

  /**
   * An adapter's files, over the base that a recipe loaded.
   *
   * @param hashes of what the run reads, {@code model} among them
   * @param quant how the recipe quantized the base; empty where it is as its folder has it
   */
  static TrainFiles adapterFiles(
      LoadedModel model,
      Path base,
      Map<String, String> hashes,
      ComputeDtype dtype,
      Optional<QuantSettings> quant) {
    String hash = Objects.requireNonNull(hashes.get("model"));
    Optional<QuantSettings> held = quant.or(() -> ModelLoader.quantization(base));
    return TrainFiles.adapter(model, new TrainingBase(base.toString(), hash, dtype, held));
  }

  /**
   * The loop of a run.
   *
   * @param train its settings, with the micro-batches that were planned
   */
  static Trainer.Job job(
      RunSettings settings,
      TrainSettings train,
      StepPlanner.Plan plan,
      Transformer model,
      StepSource source) {
    return new Trainer.Job(
        model,
        source,
        train,
        settings.learningRate(),
        settings.eval(),
        settings.checkpoint(),
        plan.layout(),
        settings.memory().bytes());
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
        return new RunResult(outcome.end(), output, results(outcome, job.eval().metric()));
      }
      Map<String, Object> results = results(outcome, job.eval().metric());
      evaluations(output, outcome.state(), results);
      result.write(output, results);
      folder.finish(results);
      return new RunResult(outcome.end(), output, results);
    } catch (IOException e) {
      throw new LuthierException(output + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> results(Trainer.Outcome outcome, String metric) {
    RunState state = outcome.state();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("steps", state.step());
    if (Double.isFinite(outcome.loss())) {
      out.put("loss", outcome.loss());
    }
    if (state.bestStep() > 0) {
      out.put("eval_" + metric, state.best());
      out.put("best_step", state.bestStep());
    }
    out.put("tokens", state.tokens());
    out.put("train_seconds", Math.round(state.seconds() * 10) / 10.0);
    out.put("peak_bytes", Memory.peakResident());
    return out;
  }

  /** Where a run was evaluated before its first step: what was measured then, and at its best. */
  private static void evaluations(Path output, RunState state, Map<String, Object> results) {
    Map<String, Object> before = MetricsFile.evaluation(output, 0);
    if (!before.isEmpty()) {
      results.put("eval_before", before);
      results.put("eval_after", MetricsFile.evaluation(output, state.bestStep()));
    }
  }

  /** T of the longest batch: one row may have the longest prompt, another the longest answer. */
  static int longest(TrainingRows rows) {
    return rows.longest(2).length();
  }

  /** Says how a run will go, and what it takes. */
  static void describe(StepPlanner.Plan plan, int blocks, TrainListener listener) {
    listener.message(
        "memory: planned " + ByteSize.words(plan.memory().total()) + "; " + plan.words(blocks));
  }

  /**
   * What must be the same when a run is resumed: not where things are, nor how memory is shared
   * out, but for the order, in which gradients are summed up.
   *
   * @param train with the micro-batches that were planned
   */
  static Map<String, Object> identity(
      String verb,
      Record settings,
      TrainSettings train,
      MemorySettings memory,
      Map<String, String> hashes) {
    Map<String, Object> map = Settings.toMap(settings);
    map.put("train", Settings.toMap(train));
    map.put("memory", Map.of("order", memory.order().toString()));
    map.remove("output");
    map.remove("weights");
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
