package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.format.ByteSize;
import dev.luthier.model.Transformer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Chooses how a run's steps are laid out: of all layouts that the settings leave open, the fastest
 * whose memory is planned to fit. A function of shapes and settings alone, so that a run that is
 * resumed gets the same one.
 */
public final class StepPlanner {
  /** Without a budget the plan may take this share of the machine's memory. */
  private static final double SHARE = 0.5;

  // What things cost, in multiply-adds of a matrix product that take as long.
  private static final double ROUND_A_WEIGHT = 10;
  private static final double DEQUANTIZE_A_WEIGHT = 30;
  private static final double READ_A_BYTE = 150;

  /** A product of so many rows takes twice as long per row as a large one. */
  private static final double FEW_ROWS = 64;

  /**
   * What is to be planned.
   *
   * @param job what is trained
   * @param stream whether frozen matrices stay on the disk
   * @param memory the budget, and what is fixed
   * @param scratch where blocks' inputs may be spilled
   * @param total the machine's memory, bytes
   */
  public record Request(
      Workload job, boolean stream, MemorySettings memory, Path scratch, long total) {}

  /**
   * A way to run.
   *
   * @param microBatchSize sequences that go through the model together
   * @param gradientAccumulation micro-batches of a step
   * @param stream whether frozen matrices stay on the disk
   * @param layout of a step
   * @param memory what that takes
   */
  public record Plan(
      int microBatchSize,
      int gradientAccumulation,
      boolean stream,
      StepLayout layout,
      MemoryPlan memory) {
    /** What it is, for files that programs read. */
    public Map<String, Object> fields() {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("planned_bytes", memory.total());
      out.put("parts", memory.groups());
      out.put("micro_batch_size", microBatchSize);
      out.put("gradient_accumulation", gradientAccumulation);
      out.put("kept_blocks", layout.keptBlocks());
      out.put("head_rows", layout.headRows());
      out.put("by_block", layout.byBlock());
      out.put("streamed", stream);
      out.put("spilled", layout.spill().isPresent());
      return out;
    }

    /**
     * How it runs, in words.
     *
     * @param blocks of the model
     */
    public String words(int blocks) {
      List<String> out = new ArrayList<>();
      out.add(microBatchSize + " x " + gradientAccumulation + " sequences per step");
      out.add(
          layout.keptBlocks() == 0
              ? "all blocks computed again"
              : layout.keptBlocks() + " of " + blocks + " blocks kept");
      if (layout.byBlock()) {
        out.add("all micro-batches through a block before the next");
      }
      if (stream) {
        out.add("frozen weights streamed from the disk");
      }
      if (layout.spill().isPresent()) {
        out.add("blocks' inputs on the disk");
      }
      out.add("logits of " + layout.headRows() + " tokens at a time");
      return String.join(", ", out);
    }
  }

  private final Request request;
  private final Workload job;
  private final MemoryCount resident;
  private final MemoryCount streamed;
  private final double blockWeights;
  private final int sequences;

  StepPlanner(Request request) {
    this.request = request;
    this.job = request.job();
    this.resident = new MemoryCount(job, false);
    this.streamed = new MemoryCount(job, true);
    this.blockWeights = blockWeights(job.model());
    this.sequences =
        Math.multiplyExact(job.train().microBatchSize(), job.train().gradientAccumulation());
  }

  /**
   * The fastest plan that fits.
   *
   * @throws LuthierException if none fits the budget, saying how small it could be
   */
  public static Plan plan(Request request) {
    return new StepPlanner(request).choose();
  }

  /**
   * What something else may take between two steps.
   *
   * @param memory the budget
   * @param total the machine's memory, bytes
   */
  public static long between(MemoryPlan plan, MemorySettings memory, long total) {
    return plan.passing() + Math.max(0, limit(memory, total) - plan.total());
  }

  private static long limit(MemorySettings memory, long total) {
    return memory.bytes().orElse((long) (total * SHARE));
  }

  private Plan choose() {
    OptionalLong budget = request.memory().bytes();
    long limit = limit(request.memory(), request.total());
    List<Plan> plans = candidates(request.memory().fit()).toList();
    Optional<Plan> best =
        plans.stream()
            .filter(p -> p.memory().total() <= limit)
            .min(Comparator.comparingDouble(this::cost).thenComparingLong(p -> p.memory().total()));
    if (best.isPresent()) {
      return best.get();
    }
    Plan least = smallest(plans.stream());
    if (budget.isPresent()) {
      refuse(least, budget.getAsLong());
    }
    return least;
  }

  private void refuse(Plan least, long budget) {
    Optional<Plan> fitting =
        candidates(true)
            .filter(p -> p.memory().total() <= budget)
            .min(Comparator.comparingDouble(this::cost));
    if (fitting.isPresent()) {
      throw new LuthierException(
          "no plan with these settings fits the budget of "
              + ByteSize.words(budget)
              + "; the smallest takes "
              + ByteSize.words(least.memory().total())
              + ". With --fit this one would be used: "
              + fitting.get().words(job.model().shape().blocks())
              + ". See docs/troubleshooting.md#memory");
    }
    smallest(candidates(true)).memory().require(budget);
  }

  private static Plan smallest(Stream<Plan> plans) {
    return plans.min(Comparator.comparingLong(p -> p.memory().total())).orElseThrow();
  }

  private Stream<Plan> candidates(boolean fit) {
    return microBatches(fit)
        .boxed()
        .flatMap(
            micro ->
                orders(sequences / micro)
                    .flatMap(
                        order ->
                            streams(fit)
                                .flatMap(
                                    stream ->
                                        layouts(order, fit)
                                            .map(layout -> plan(micro, stream, layout)))));
  }

  private Plan plan(int micro, boolean stream, StepLayout layout) {
    MemoryPlan memory = (stream ? streamed : resident).plan(micro, sequences / micro, layout);
    return new Plan(micro, sequences / micro, stream, layout, memory);
  }

  /** Sizes that leave the step's sequences as many as they are. */
  private IntStream microBatches(boolean fit) {
    return fit
        ? IntStream.rangeClosed(1, sequences).filter(n -> sequences % n == 0)
        : IntStream.of(job.train().microBatchSize());
  }

  private Stream<Boolean> orders(int microBatches) {
    if (microBatches == 1) {
      return Stream.of(false);
    }
    if (job.train().updateInBackward()) {
      return Stream.of(true);
    }
    return switch (request.memory().order()) {
      case AUTO -> sharesTrainedHead() ? Stream.of(false) : Stream.of(false, true);
      case BY_BATCH -> Stream.of(false);
      case BY_BLOCK -> Stream.of(true);
    };
  }

  /**
   * Whether head and embedding add to the gradient of one matrix: the order in which they do then
   * moves its last bits, and must not depend on how much memory there is.
   */
  private boolean sharesTrainedHead() {
    return job.model().isTied() && job.model().head().isTrained();
  }

  private Stream<Boolean> streams(boolean fit) {
    boolean can = job.lora().isPresent() && job.quant().isEmpty();
    return request.stream()
        ? Stream.of(true)
        : fit && can ? Stream.of(false, true) : Stream.of(false);
  }

  private Stream<StepLayout> layouts(boolean byBlock, boolean fit) {
    int blocks = job.model().shape().blocks();
    // Not chosen: a trained head's gradient is summed up in chunks of so many rows.
    int rows = Head.chunk(job.model().shape().vocabulary());
    IntStream kept =
        request
            .memory()
            .keptBlocks()
            .map(k -> IntStream.of(Math.min(k, blocks)))
            .orElseGet(() -> IntStream.rangeClosed(0, blocks));
    boolean disk = request.memory().savedInputs() == MemorySettings.Place.DISK;
    List<Boolean> spills = disk ? List.of(true) : fit ? List.of(false, true) : List.of(false);
    return kept.boxed()
        .flatMap(
            k ->
                spills.stream()
                    .map(
                        spill ->
                            new StepLayout(
                                k,
                                rows,
                                byBlock,
                                spill ? Optional.of(request.scratch()) : Optional.empty())));
  }

  /** How long a step takes, in multiply-adds; only differences count. */
  double cost(Plan p) {
    Transformer.Shape shape = job.model().shape();
    double blocks = shape.blocks();
    double tokens = (double) p.microBatchSize() * job.length();
    boolean full = job.lora().isEmpty();
    double passes = (full ? 3 : 2) + (blocks - p.layout().keptBlocks()) / blocks;
    double rows = tokens * p.gradientAccumulation() * (1 + FEW_ROWS / tokens);
    double products = passes * blockWeights * blocks * rows;
    double headRows = 1 + FEW_ROWS / Math.min(p.layout().headRows(), tokens);
    double head =
        3.0 * shape.vocabulary() * shape.hidden() * tokens * p.gradientAccumulation() * headRows;
    double turns = 2 * blocks * (p.layout().byBlock() ? 1 : p.gradientAccumulation());
    double spilled =
        p.layout().spill().isPresent()
            ? 2
                * (blocks - p.layout().keptBlocks())
                * tokens
                * p.gradientAccumulation()
                * shape.hidden()
                * job.width()
            : 0;
    return products
        + head
        + turns * blockWeights * weightCost(p.stream())
        + spilled * READ_A_BYTE / 4; // mostly the system's cache
  }

  /** Numbers in the matrices of a block. */
  private static double blockWeights(Transformer model) {
    double all =
        model.linears().values().stream()
            .filter(l -> l != model.head())
            .mapToDouble(l -> (double) l.in() * l.out())
            .sum();
    return all / model.shape().blocks();
  }

  /** What it costs to bring a weight in. */
  private double weightCost(boolean stream) {
    if (job.quant().isPresent()) {
      return DEQUANTIZE_A_WEIGHT;
    }
    if (stream) {
      return READ_A_BYTE * job.width();
    }
    return job.lora().isEmpty() && job.width() == 2 ? ROUND_A_WEIGHT : 0;
  }
}
