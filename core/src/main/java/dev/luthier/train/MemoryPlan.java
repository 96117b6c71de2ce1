package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.format.ByteSize;
import java.util.LinkedHashMap;
import java.util.Map;
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

  /** The sum: the peak of resident memory. */
  public long total() {
    return groups().values().stream().mapToLong(Long::longValue).sum();
  }

  /** What is there while a step runs, and not between two steps. */
  long passing() {
    return gradients + savedInputs + keptBlocks + working + head;
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
            + ". Take shorter or fewer rows, an 8-bit or paged optimizer, or adapters (sft --method"
            + " lora or qlora) in place of training all weights. See docs/troubleshooting.md#memory");
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
}
