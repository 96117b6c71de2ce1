package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.format.ByteSize;
import dev.luthier.model.BlockShape;
import dev.luthier.model.LlamaConfig;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.optim.OptimizerBytes;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Kernels;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The memory of a training step on the CPU, in bytes, by what it is for; known before anything is
 * allocated. The groups are those of the moment at which their sum is largest.
 *
 * @param weights the base model's, as they are held
 * @param adapters A and B, float32
 * @param gradients of trained parameters, float32
 * @param optimizer its state in memory, and what one update takes
 * @param savedInputs each block's input, and the gradient that is on its way back
 * @param keptBlocks what blocks keep that are not computed again
 * @param working the block that runs: its tensors, its matrices rounded or dequantized
 * @param head logits and label tokens' hidden states, the rounded head
 * @param process Java with the data, libtorch's code and scratch, and what the heap holds beyond
 *     its tensors
 */
public record MemoryPlan(
    long weights,
    long adapters,
    long gradients,
    long optimizer,
    long savedInputs,
    long keptBlocks,
    long working,
    long head,
    long process) {

  /**
   * What a process has resident beside its tensors, under the launcher's settings: peaks of {@code
   * bench step --shape llama-85m} in bfloat16, less the tensors, were 286 to 335 MB over all
   * methods and 128 and 512 tokens.
   */
  static final long PROCESS = 320L << 20;

  /** Inputs in memory when they are spilled: one in use, one written, one read ahead. */
  private static final int SPILL_BUFFERS = 3;

  /**
   * What is planned.
   *
   * @param config of the model
   * @param lora the adapters; empty when all weights are trained
   * @param quant how frozen matrices of blocks are held; empty for the compute dtype
   * @param stream whether frozen matrices of blocks stay on the disk
   * @param train says which optimizer, and when it runs
   * @param dtype what the model computes in
   * @param rows B of the largest micro-batch
   * @param length T of the longest
   * @param microBatches in a step
   * @param layout how the step runs
   * @param data bytes of rows and tokenizer in the process
   */
  public record Step(
      LlamaConfig config,
      Optional<LoraSettings> lora,
      Optional<QuantSettings> quant,
      boolean stream,
      TrainSettings train,
      ComputeDtype dtype,
      int rows,
      int length,
      int microBatches,
      StepLayout layout,
      long data) {
    /** Micro-batches that are on their way together. */
    int together() {
      return layout.byBlock() ? microBatches : 1;
    }
  }

  /** The plan for this step. */
  public static MemoryPlan of(Step step) {
    return new Count(step).plan();
  }

  /** The sum: the peak of resident memory. */
  public long total() {
    return groups().values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Checks that it takes no more than this.
   *
   * @param budget bytes
   * @throws LuthierException naming the largest groups and what would make them smaller
   */
  public void require(long budget) {
    if (total() <= budget) {
      return;
    }
    String largest =
        groups().entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .limit(3)
            .map(e -> e.getKey().replace('_', ' ') + " " + ByteSize.words(e.getValue()))
            .collect(Collectors.joining(", "));
    throw new LuthierException(
        "the step is planned to take "
            + ByteSize.words(total())
            + ", more than the budget of "
            + ByteSize.words(budget)
            + "; the largest parts are "
            + largest
            + ". Take shorter or fewer rows, --method lora or qlora, or an 8-bit or paged optimizer."
            + " See docs/troubleshooting.md#memory");
  }

  /** The groups by name, in bytes. */
  public Map<String, Long> groups() {
    Map<String, Long> out = new LinkedHashMap<>();
    out.put("weights", weights);
    out.put("adapters", adapters);
    out.put("gradients", gradients);
    out.put("optimizer", optimizer);
    out.put("saved_inputs", savedInputs);
    out.put("kept_blocks", keptBlocks);
    out.put("working_set", working);
    out.put("head", head);
    out.put("process", process);
    return out;
  }

  /** Adds up parameters, then compares moments. */
  private static final class Count {
    private static final int FLOAT = 4;

    private final Step step;
    private final int width;
    private final BlockShape block;
    private final StepMemory memory;
    private long weights;
    private long adapters;
    private long trainedHead; // bytes of gradients, by stage
    private long trainedBlock;
    private long trainedBlocks;
    private long trainedEmbedding;
    private long matrices; // bytes of a block's matrices that exist only while it runs
    private long weightGradient;
    private long roundedHead;
    private OptimizerBytes optimizer = OptimizerBytes.none();

    Count(Step step) {
      this.step = step;
      this.width = step.dtype() == ComputeDtype.BFLOAT16 ? 2 : FLOAT;
      this.block = BlockShape.of(step.config());
      boolean dropout = step.lora().map(l -> l.dropout() > 0).orElse(false);
      this.memory =
          new StepMemory(block, step.rows(), step.length(), width, dropout, Kernels.available());
      parameters();
    }

    private void parameters() {
      LlamaConfig c = step.config();
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
      return step.lora().map(l -> LoraLayers.trainsBase(l, name)).orElse(true);
    }

    /** Bytes of its gradients, and of its adapter's. */
    private long matrix(String path, BlockShape.Matrix m) {
      String name = path + ".weight";
      boolean isTrained = isTrained(name);
      long gradients = 0;
      if (step.quant().isPresent() && !isTrained) {
        weights += step.quant().get().bytes(m.out(), m.in());
        matrices += m.elements() * width;
      } else if (step.stream() && !isTrained) {
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
      int rank = step.lora().map(l -> LoraLayers.rank(l, path, head)).orElse(0);
      if (rank == 0) {
        return 0;
      }
      adapters += (long) rank * (in + out) * FLOAT;
      return train(path + ".lora_A.weight", (long) rank * in, rank, in)
          + train(path + ".lora_B.weight", (long) rank * out, out, rank);
    }

    private long train(String name, long elements, long... shape) {
      optimizer = optimizer.plus(Optimizers.bytes(step.train(), name, shape));
      return elements * FLOAT;
    }

    MemoryPlan plan() {
      MemoryPlan head = atHead();
      MemoryPlan block = atBlock();
      return head.total() > block.total() ? head : block;
    }

    private MemoryPlan atHead() {
      LlamaConfig c = step.config();
      long labels = (long) step.rows() * step.length();
      long chunk = Math.min(step.layout().headRows(), labels);
      long logits = chunk * (c.vocabSize() + 2L * c.hiddenSize()) * width;
      long gradient = roundedHead; // as large as the matrix, before it is added
      boolean inBackward = step.train().updateInBackward();
      long gradients = inBackward ? trainedHead + tiedGradient() : gradients();
      return plan(gradients, matrices, 3 * memory.hidden() + logits + gradient + roundedHead);
    }

    private MemoryPlan atBlock() {
      long running = Math.max(memory.forward(), memory.backward(weightGradient));
      if (step.layout().keptBlocks() > 0) {
        running -= memory.recorded(); // these are among the kept ones
      }
      boolean inBackward = step.train().updateInBackward();
      long gradients =
          inBackward ? Math.max(trainedBlock + tiedGradient(), trainedEmbedding) : gradients();
      return plan(gradients, running + matrices, roundedHead);
    }

    private long gradients() {
      return trainedHead + trainedBlocks + trainedEmbedding;
    }

    /** A tied matrix has gradients from the head to the embedding. */
    private long tiedGradient() {
      return step.config().tieWordEmbeddings() ? trainedEmbedding : 0;
    }

    private MemoryPlan plan(long gradients, long working, long head) {
      int blocks = step.config().numHiddenLayers();
      int together = step.together();
      long inputs =
          step.layout().spill().isPresent()
              ? SPILL_BUFFERS + (long) step.layout().keptBlocks() * together
              : (long) blocks * together;
      // and each micro-batch's gradient on its way back
      long saved = (inputs + together) * memory.hidden();
      long kept = (long) step.layout().keptBlocks() * together * memory.kept();
      return new MemoryPlan(
          weights,
          adapters,
          gradients,
          optimizer.resident() + optimizer.working(),
          saved,
          kept,
          working,
          head,
          PROCESS + step.data() + memory.heap(saved + kept + working + head));
    }
  }
}
