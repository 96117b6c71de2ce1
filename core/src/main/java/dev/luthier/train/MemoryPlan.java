package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.model.BlockShape;
import dev.luthier.model.LlamaConfig;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.optim.OptimizerBytes;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
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
 * @param process Java, libtorch's code and scratch
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

  /**
   * What is planned.
   *
   * @param config of the model
   * @param lora the adapters; empty when all weights are trained
   * @param quant how frozen matrices of blocks are held; empty for the compute dtype
   * @param train says which optimizer
   * @param dtype what the model computes in
   * @param rows B of the largest micro-batch
   * @param length T of the longest
   * @param kept how many blocks are kept rather than computed again
   */
  public record Step(
      LlamaConfig config,
      Optional<LoraSettings> lora,
      Optional<QuantSettings> quant,
      TrainSettings train,
      ComputeDtype dtype,
      int rows,
      int length,
      int kept) {}

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
            .map(e -> e.getKey() + " " + mebibytes(e.getValue()))
            .collect(Collectors.joining(", "));
    throw new LuthierException(
        "the step is planned to take "
            + mebibytes(total())
            + ", more than the budget of "
            + mebibytes(budget)
            + "; the largest parts are "
            + largest
            + ". Recompute blocks, take shorter or fewer rows, --method lora or qlora, or an 8-bit or"
            + " paged optimizer");
  }

  private static String mebibytes(long bytes) {
    return ((bytes + (1 << 20) - 1) >> 20) + " MiB";
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
    private long trained; // numbers
    private long matrices; // bytes of a block's matrices that exist only while it runs
    private long weightGradient;
    private long roundedHead;
    private OptimizerBytes optimizer = OptimizerBytes.none();

    Count(Step step) {
      this.step = step;
      this.width = step.dtype() == ComputeDtype.BFLOAT16 ? 2 : FLOAT;
      this.block = BlockShape.of(step.config());
      this.memory = new StepMemory(block, step.rows(), step.length(), width);
      parameters();
    }

    private void parameters() {
      LlamaConfig c = step.config();
      int d = c.hiddenSize();
      base("model.embed_tokens.weight", c.vocabSize(), d);
      if (!c.tieWordEmbeddings()) {
        base("lm_head.weight", c.vocabSize(), d);
      }
      adapter("lm_head", true, d, c.vocabSize());
      base("model.norm.weight", d);
      for (int i = 0; i < c.numHiddenLayers(); i++) {
        String path = "model.layers." + i + ".";
        base(path + "input_layernorm.weight", d);
        base(path + "post_attention_layernorm.weight", d);
        long before = matrices;
        matrices = 0;
        for (BlockShape.Matrix m : block.matrices()) {
          matrix(path + m.path(), m);
        }
        matrices = Math.max(before, matrices);
      }
      if (isTrained(c.tieWordEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight")) {
        roundedHead = width == FLOAT ? 0 : (long) c.vocabSize() * d * width;
      }
    }

    private boolean isTrained(String name) {
      return step.lora().map(l -> LoraLayers.trainsBase(l, name)).orElse(true);
    }

    private void matrix(String path, BlockShape.Matrix m) {
      String name = path + ".weight";
      boolean isTrained = isTrained(name);
      if (step.quant().isPresent() && !isTrained) {
        weights += step.quant().get().bytes(m.out(), m.in());
        matrices += m.elements() * width;
      } else {
        base(name, m.out(), m.in());
        if (isTrained && width != FLOAT) {
          matrices += m.elements() * width;
          weightGradient = Math.max(weightGradient, m.elements() * width);
        }
      }
      adapter(path, false, m.in(), m.out());
    }

    private void base(String name, long... shape) {
      long elements = shape.length == 1 ? shape[0] : shape[0] * shape[1];
      boolean isTrained = isTrained(name);
      weights += elements * (isTrained ? FLOAT : width);
      if (isTrained) {
        train(name, elements, shape);
      }
    }

    private void adapter(String path, boolean head, int in, int out) {
      int rank = step.lora().map(l -> LoraLayers.rank(l, path, head)).orElse(0);
      if (rank > 0) {
        long elements = (long) rank * (in + out);
        adapters += elements * FLOAT;
        train(path + ".lora_A.weight", (long) rank * in, rank, in);
        train(path + ".lora_B.weight", (long) rank * out, out, rank);
      }
    }

    private void train(String name, long elements, long... shape) {
      trained += elements;
      optimizer = optimizer.plus(Optimizers.bytes(step.train(), name, shape));
    }

    MemoryPlan plan() {
      MemoryPlan head = atHead();
      MemoryPlan block = atBlock();
      return head.total() > block.total() ? head : block;
    }

    private MemoryPlan atHead() {
      LlamaConfig c = step.config();
      long chunk = Math.min(Head.chunk(c.vocabSize()), (long) step.rows() * step.length());
      long logits = chunk * (c.vocabSize() + 2L * c.hiddenSize()) * width;
      long gradient = roundedHead; // as large as the matrix, before it is added
      return plan(
          matrices * Math.max(1, step.kept()),
          3 * memory.hidden() + logits + gradient + roundedHead);
    }

    private MemoryPlan atBlock() {
      long others = Math.max(0, step.kept() - 1) * matrices;
      long running = Math.max(memory.forward(), memory.backward(weightGradient));
      if (step.kept() > 0) {
        running -= memory.recorded(); // these are among the kept ones
      }
      return plan(running + matrices + others, roundedHead);
    }

    private MemoryPlan plan(long working, long head) {
      return new MemoryPlan(
          weights,
          adapters,
          trained * FLOAT,
          optimizer.resident() + optimizer.working(),
          (step.config().numHiddenLayers() + 1) * memory.hidden(),
          step.kept() * memory.kept(),
          working,
          head,
          PROCESS);
    }
  }
}
