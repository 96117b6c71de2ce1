package dev.luthier.serve;

import dev.luthier.Complaints;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Native;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What an engine serves, and how much it may take.
 *
 * @param model folder of the model
 * @param adapters names to folders of adapters that are there from the start
 * @param dtype what the model computes in
 * @param threads of one operator; 0 for as many as there are cores
 * @param maxRunning requests that are decoded together
 * @param cacheBytes of keys and values, at most; 0 for a quarter of the machine's memory, or what
 *     so many requests of the longest length take if that is less
 * @param maxQueue requests that wait, at most
 * @param maxAdapters that are loaded at a time
 * @param weights how the model's matrices are held
 * @param anyBase whether adapters that were trained over another base are taken all the same
 */
public record EngineSettings(
    Path model,
    Map<String, Path> adapters,
    ComputeDtype dtype,
    int threads,
    int maxRunning,
    long cacheBytes,
    int maxQueue,
    int maxAdapters,
    Weights weights,
    boolean anyBase) {

  /**
   * How the matrices of linear layers are held. Those that the folder has in few bits may stay so.
   */
  public enum Weights {
    /** In the compute dtype. */
    FULL,
    /** In the few bits in which the folder has them. */
    STORED,
    /** Rounded to 8 bits. */
    INT8,
    /** Rounded to 4 bits. */
    INT4;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks everything at once. */
  public EngineSettings {
    adapters = Collections.unmodifiableMap(new LinkedHashMap<>(adapters));
    new Complaints()
        .unless(threads >= 0, "threads", threads, "must be 0 (all cores) or more")
        .unless(maxRunning >= 1, "max-running", maxRunning, "must be at least 1")
        .unless(cacheBytes >= 0, "budget", cacheBytes, "must be 0 (a choice of ours) or more")
        .unless(maxQueue >= 0, "max-queue", maxQueue, "must be 0 or more")
        .unless(
            maxAdapters >= adapters.size(),
            "max-adapters",
            maxAdapters,
            "must be at least the " + adapters.size() + " given")
        .throwIfAny();
  }

  /** A model without adapters; 64 requests at a time, 256 waiting. */
  public static EngineSettings of(Path model) {
    ComputeDtype fast = Native.fastBfloat16() ? ComputeDtype.BFLOAT16 : ComputeDtype.FLOAT32;
    return new EngineSettings(model, Map.of(), fast, 0, 64, 0, 256, 16, Weights.FULL, false);
  }

  /** How many requests there can be at a time, running and waiting. */
  int maxRequests() {
    return (int) Math.min(Integer.MAX_VALUE, (long) maxRunning + maxQueue);
  }

  /** The same with these adapters from the start. */
  public EngineSettings withAdapters(Map<String, Path> of) {
    return new EngineSettings(
        model, of, dtype, threads, maxRunning, cacheBytes, maxQueue, maxAdapters, weights, anyBase);
  }

  /** The same in another dtype. */
  public EngineSettings withDtype(ComputeDtype to) {
    return new EngineSettings(
        model,
        adapters,
        to,
        threads,
        maxRunning,
        cacheBytes,
        maxQueue,
        maxAdapters,
        weights,
        anyBase);
  }

  /** The same with other limits. */
  public EngineSettings withLimits(int running, long bytes, int queue, int most) {
    return new EngineSettings(
        model, adapters, dtype, threads, running, bytes, queue, most, weights, anyBase);
  }

  /** The same with so many threads. */
  public EngineSettings withThreads(int count) {
    return new EngineSettings(
        model,
        adapters,
        dtype,
        count,
        maxRunning,
        cacheBytes,
        maxQueue,
        maxAdapters,
        weights,
        anyBase);
  }

  /** The same with the matrices held in another way. */
  public EngineSettings withWeights(Weights as) {
    return new EngineSettings(
        model,
        adapters,
        dtype,
        threads,
        maxRunning,
        cacheBytes,
        maxQueue,
        maxAdapters,
        as,
        anyBase);
  }

  /** The same, and adapters of any base are taken. */
  public EngineSettings withAnyBase(boolean any) {
    return new EngineSettings(
        model,
        adapters,
        dtype,
        threads,
        maxRunning,
        cacheBytes,
        maxQueue,
        maxAdapters,
        weights,
        any);
  }
}
