package dev.luthier.train;

import dev.luthier.model.Block;
import dev.luthier.model.BlockShape;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.optim.OptimizerBytes;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Adds up a job's parameters once, then plans the memory of any layout of its steps. */
public final class MemoryCount {
  /**
   * What a process has resident beside its tensors, under the launcher's settings: peaks of {@code
   * bench step --shape llama-85m} in bfloat16, less the tensors, were 286 to 335 MB over all
   * methods and 128 and 512 tokens.
   */
  static final long PROCESS = 320L << 20;

  /** Inputs in memory when they are spilled: one in use, one written, one read ahead. */
  private static final int SPILL_BUFFERS = 3;

  private static final int FLOAT = 4;

  private static final String WEIGHT = ".weight";

  /**
   * What the heap holds beyond the tensors in it: peaks of {@code bench step --shape llama-85m}
   * were above the sum of the tensors by up to so large a share of them, and by no more than so
   * many bytes; less where {@link StepHeap} keeps less.
   */
  private static final double HEAP_SHARE = 0.7;

  private static final double HEAP_SHARE_KEEPING_LESS = 0.3;
  private static final long HEAP_MOST = 90L << 20;

  private final Workload job;
  private final Transformer model;
  private final boolean stream;
  private final int width;
  private final List<BlockShape> shapes;
  private final List<Pass.View> views;
  private long weights;
  private long adapters;
  private long trainedHead; // bytes of gradients, by stage
  private final long[] trainedBlocks;
  private long trainedEmbedding;
  private long matrices; // bytes of a block's matrices that exist only while it runs
  private long weightGradient;
  private long largestTrained; // elements
  private long roundedHead;
  private OptimizerBytes optimizer = OptimizerBytes.none();

  /**
   * @param stream whether frozen matrices of blocks stay on the disk
   */
  public MemoryCount(Workload job, boolean stream) {
    this.job = job;
    this.model = job.model();
    this.stream = stream;
    this.width = job.width();
    this.shapes = model.blocks().stream().map(Block::shape).distinct().toList();
    this.trainedBlocks = new long[model.blocks().size()];
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      this.views = model.pass(twoTokens()).views();
    }
    parameters();
  }

  private Places twoTokens() {
    Places places = Places.whole(new long[] {0, 1}, new long[] {1, 1}, 1, 2);
    boolean both = model.kind() == Transformer.Kind.ENCODER_DECODER;
    return both ? places.withSource(1) : places;
  }

  /**
   * The plan of a step.
   *
   * @param rows B of the largest micro-batch
   * @param microBatches in a step
   * @param layout how the step runs
   */
  public MemoryPlan plan(int rows, int microBatches, StepLayout layout) {
    return new Moments(rows, layout.byBlock() ? microBatches : 1, layout).largest();
  }

  /**
   * What a model takes that is there beside the one in training, and is not trained.
   *
   * @param quant how matrices of its linear layers are held; empty for the compute dtype
   */
  public static long frozen(Transformer model, Optional<QuantSettings> quant, ComputeDtype dtype) {
    long[] sum = {0};
    model
        .parameters()
        .all()
        .forEach(
            (name, t) ->
                sum[0] +=
                    quant
                        .flatMap(
                            q ->
                                linear(model, name)
                                    .filter(l -> l != model.head())
                                    .map(l -> q.bytes(l.out(), l.in())))
                        .orElse(t.numel() * (dtype == ComputeDtype.BFLOAT16 ? 2 : FLOAT)));
    return sum[0];
  }

  private void parameters() {
    long[] made = new long[trainedBlocks.length + 2]; // by stage, from the embedding on
    model
        .parameters()
        .all()
        .forEach(
            (name, t) -> {
              Optional<Linear> linear = linear(model, name).filter(l -> l != model.head());
              made[model.stage(name) - Transformer.EMBEDDING] +=
                  linear.isPresent() ? matrix(name, t, linear.get()) : 0;
              if (linear.isEmpty()) {
                base(name, t);
              }
            });
    model
        .adapter()
        .ifPresent(
            parameters ->
                parameters
                    .all()
                    .forEach(
                        (name, t) -> {
                          adapters += t.numel() * FLOAT;
                          train(name, t);
                        }));
    long outside = made[0] + made[made.length - 1];
    matrices = outside + Arrays.stream(made, 1, made.length - 1).max().orElse(0);
    Linear head = model.head();
    if (head.isTrained() && width != FLOAT) {
      roundedHead = (long) head.in() * head.out() * width;
    }
  }

  private static Optional<Linear> linear(Transformer model, String parameter) {
    return parameter.endsWith(WEIGHT)
        ? Optional.ofNullable(
            model.linears().get(parameter.substring(0, parameter.length() - WEIGHT.length())))
        : Optional.empty();
  }

  /** A linear layer's matrix; the bytes that it takes while its block runs. */
  private long matrix(String name, Tensor t, Linear linear) {
    long bytes = t.numel() * width;
    boolean trained = linear.isTrained();
    if (job.quant().isPresent() && !trained) {
      weights += job.quant().get().bytes(linear.out(), linear.in());
      return bytes;
    }
    if (stream && !trained) {
      return 2 * bytes; // this block's and, read ahead, the next one's
    }
    base(name, t);
    if (trained && width != FLOAT) {
      weightGradient = Math.max(weightGradient, bytes);
      return bytes;
    }
    return 0;
  }

  private void base(String name, Tensor t) {
    weights += t.numel() * (t.requires_grad() ? FLOAT : width);
    if (t.requires_grad()) {
      train(name, t);
    }
  }

  private void train(String name, Tensor t) {
    optimizer = optimizer.plus(Optimizers.bytes(job.train(), name, Tensors.shape(t)));
    largestTrained = Math.max(largestTrained, t.numel());
    long gradient = t.numel() * FLOAT;
    int stage = model.stage(name);
    if (stage == Transformer.EMBEDDING) {
      trainedEmbedding += gradient;
    } else if (stage < trainedBlocks.length) {
      trainedBlocks[stage] += gradient;
    } else {
      trainedHead += gradient;
    }
  }

  /** The moments of a step at which its memory may be largest. */
  private final class Moments {
    private final int rows;
    private final int together; // micro-batches on their way
    private final StepLayout layout;
    private final List<StepMemory> memories;
    private final long hidden; // bytes of a block's input

    Moments(int rows, int together, StepLayout layout) {
      this.rows = rows;
      this.together = together;
      this.layout = layout;
      boolean dropout = job.lora().map(l -> l.dropout() > 0).orElse(false);
      boolean kernels = Kernels.available();
      this.memories =
          shapes.stream()
              .map(s -> new StepMemory(s, views, rows, job.length(), width, dropout, kernels))
              .toList();
      this.hidden = memories.get(0).hidden();
    }

    MemoryPlan largest() {
      MemoryPlan head = atHead();
      MemoryPlan block = atBlock();
      return head.total() > block.total() ? head : block;
    }

    private MemoryPlan atHead() {
      Transformer.Shape shape = model.shape();
      long labels = (long) rows * job.length();
      long chunk = Math.min(layout.headRows(), labels);
      long columns = (long) shape.vocabulary() * model.logitCopies() + 2L * shape.hidden();
      long logits = chunk * columns * width;
      long gradient = roundedHead; // as large as the matrix, before it is added
      boolean inBackward = job.train().updateInBackward();
      long gradients = inBackward ? trainedHead + tiedGradient() : gradients();
      return plan(gradients, matrices, 3 * hidden + logits + gradient + roundedHead);
    }

    private MemoryPlan atBlock() {
      long running = memories.stream().mapToLong(this::running).max().orElse(0);
      boolean inBackward = job.train().updateInBackward();
      long largest = Arrays.stream(trainedBlocks).max().orElse(0);
      long gradients =
          inBackward ? Math.max(largest + tiedGradient(), trainedEmbedding) : gradients();
      return plan(gradients, running + matrices, roundedHead);
    }

    private long running(StepMemory memory) {
      long running = Math.max(memory.forward(), memory.backward(weightGradient));
      // What it recorded is among what is kept.
      return layout.keptBlocks() > 0 ? running - memory.recorded() : running;
    }

    private long gradients() {
      return trainedHead + Arrays.stream(trainedBlocks).sum() + trainedEmbedding;
    }

    /** A tied matrix has gradients from the head to the embedding. */
    private long tiedGradient() {
      return model.isTied() ? trainedEmbedding : 0;
    }

    private MemoryPlan plan(long gradients, long working, long head) {
      int blocks = trainedBlocks.length;
      long inputs =
          layout.spill().isPresent()
              ? SPILL_BUFFERS + (long) layout.keptBlocks() * together
              : (long) blocks * together;
      // and each micro-batch's gradient on its way back
      long saved = (inputs + together) * hidden;
      long most = memories.stream().mapToLong(StepMemory::kept).max().orElse(0);
      long kept = (long) layout.keptBlocks() * together * most;
      return new MemoryPlan(
          weights,
          adapters,
          gradients,
          optimizer.resident() + optimizer.working(),
          saved,
          kept,
          working,
          head,
          PROCESS + job.data() + heap(saved + kept + working + head));
    }

    /**
     * What the heap holds beyond tensors that come and go while a step runs.
     *
     * @param bytes of all of them
     */
    private long heap(long bytes) {
      if (StepHeap.isLarge(hidden / width)) {
        return 0;
      }
      double share = StepHeap.keeps(largestTrained) ? HEAP_SHARE : HEAP_SHARE_KEEPING_LESS;
      return Math.min(HEAP_MOST, (long) (share * bytes));
    }
  }
}
