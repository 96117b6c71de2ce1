package dev.luthier.train;

import dev.luthier.model.BlockShape;
import dev.luthier.model.LlamaConfig;
import dev.luthier.nn.LoraLayers;
import dev.luthier.optim.OptimizerBytes;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Kernels;

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

  private final Workload job;
  private final boolean stream;
  private final int width;
  private final BlockShape block;
  private long weights;
  private long adapters;
  private long trainedHead; // bytes of gradients, by stage
  private long trainedBlock;
  private long trainedBlocks;
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
    this.stream = stream;
    this.width = job.dtype() == ComputeDtype.BFLOAT16 ? 2 : FLOAT;
    this.block = BlockShape.of(job.config());
    parameters();
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

  private void parameters() {
    LlamaConfig c = job.config();
    int d = c.hiddenSize();
    boolean tied = c.tieWordEmbeddings();
    trainedEmbedding = base("model.embed_tokens.weight", c.vocabSize(), d);
    if (!tied) {
      trainedHead = base("lm_head.weight", c.vocabSize(), d);
    }
    trainedHead += adapter("lm_head", true, d, c.vocabSize()) + base("model.norm.weight", d);
    for (int i = 0; i < c.numHiddenLayers(); i++) {
      String path = "model.layers." + i + ".";
      long one = base(path + "input_layernorm.weight", d);
      one += base(path + "post_attention_layernorm.weight", d);
      long before = matrices;
      matrices = 0;
      for (BlockShape.Matrix m : block.matrices()) {
        one += matrix(path + m.path(), m);
      }
      matrices = Math.max(before, matrices);
      trainedBlock = Math.max(trainedBlock, one);
      trainedBlocks += one;
    }
    if (isTrained(tied ? "model.embed_tokens.weight" : "lm_head.weight")) {
      roundedHead = width == FLOAT ? 0 : (long) c.vocabSize() * d * width;
    }
  }

  private boolean isTrained(String name) {
    return job.lora().map(l -> LoraLayers.trainsBase(l, name)).orElse(true);
  }

  /** Bytes of its gradients, and of its adapter's. */
  private long matrix(String path, BlockShape.Matrix m) {
    String name = path + ".weight";
    boolean isTrained = isTrained(name);
    long gradients = 0;
    if (job.quant().isPresent() && !isTrained) {
      weights += job.quant().get().bytes(m.out(), m.in());
      matrices += m.elements() * width;
    } else if (stream && !isTrained) {
      matrices += 2 * m.elements() * width; // this block's and, read ahead, the next one's
    } else {
      gradients = base(name, m.out(), m.in());
      if (isTrained && width != FLOAT) {
        matrices += m.elements() * width;
        weightGradient = Math.max(weightGradient, m.elements() * width);
      }
    }
    return gradients + adapter(path, false, m.in(), m.out());
  }

  private long base(String name, long... shape) {
    long elements = shape.length == 1 ? shape[0] : shape[0] * shape[1];
    boolean isTrained = isTrained(name);
    weights += elements * (isTrained ? FLOAT : width);
    return isTrained ? train(name, elements, shape) : 0;
  }

  private long adapter(String path, boolean head, int in, int out) {
    int rank = job.lora().map(l -> LoraLayers.rank(l, path, head)).orElse(0);
    if (rank == 0) {
      return 0;
    }
    adapters += (long) rank * (in + out) * FLOAT;
    return train(path + ".lora_A.weight", (long) rank * in, rank, in)
        + train(path + ".lora_B.weight", (long) rank * out, out, rank);
  }

  private long train(String name, long elements, long... shape) {
    optimizer = optimizer.plus(Optimizers.bytes(job.train(), name, shape));
    largestTrained = Math.max(largestTrained, elements);
    return elements * FLOAT;
  }

  /** The moments of a step at which its memory may be largest. */
  private final class Moments {
    private final int rows;
    private final int together; // micro-batches on their way
    private final StepLayout layout;
    private final StepMemory memory;

    Moments(int rows, int together, StepLayout layout) {
      this.rows = rows;
      this.together = together;
      this.layout = layout;
      boolean dropout = job.lora().map(l -> l.dropout() > 0).orElse(false);
      this.memory = new StepMemory(block, rows, job.length(), width, dropout, Kernels.available());
    }

    MemoryPlan largest() {
      MemoryPlan head = atHead();
      MemoryPlan block = atBlock();
      return head.total() > block.total() ? head : block;
    }

    private MemoryPlan atHead() {
      LlamaConfig c = job.config();
      long labels = (long) rows * job.length();
      long chunk = Math.min(layout.headRows(), labels);
      long logits = chunk * (c.vocabSize() + 2L * c.hiddenSize()) * width;
      long gradient = roundedHead; // as large as the matrix, before it is added
      boolean inBackward = job.train().updateInBackward();
      long gradients = inBackward ? trainedHead + tiedGradient() : gradients();
      return plan(gradients, matrices, 3 * memory.hidden() + logits + gradient + roundedHead);
    }

    private MemoryPlan atBlock() {
      long running = Math.max(memory.forward(), memory.backward(weightGradient));
      if (layout.keptBlocks() > 0) {
        running -= memory.recorded(); // these are among the kept ones
      }
      boolean inBackward = job.train().updateInBackward();
      long gradients =
          inBackward ? Math.max(trainedBlock + tiedGradient(), trainedEmbedding) : gradients();
      return plan(gradients, running + matrices, roundedHead);
    }

    private long gradients() {
      return trainedHead + trainedBlocks + trainedEmbedding;
    }

    /** A tied matrix has gradients from the head to the embedding. */
    private long tiedGradient() {
      return job.config().tieWordEmbeddings() ? trainedEmbedding : 0;
    }

    private MemoryPlan plan(long gradients, long working, long head) {
      int blocks = job.config().numHiddenLayers();
      long inputs =
          layout.spill().isPresent()
              ? SPILL_BUFFERS + (long) layout.keptBlocks() * together
              : (long) blocks * together;
      // and each micro-batch's gradient on its way back
      long saved = (inputs + together) * memory.hidden();
      long kept = (long) layout.keptBlocks() * together * memory.kept();
      return new MemoryPlan(
          weights,
          adapters,
          gradients,
          optimizer.resident() + optimizer.working(),
          saved,
          kept,
          working,
          head,
          PROCESS + job.data() + memory.heap(saved + kept + working + head, largestTrained));
    }
  }
}
