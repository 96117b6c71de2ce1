package dev.luthier.train;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.UsageException;
import dev.luthier.format.ByteSize;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much memory a run may take, and what of the plan is fixed beforehand. What is not fixed is
 * chosen by {@link StepPlanner}.
 *
 * @param budget the most resident memory of the process, such as 8GB
 * @param fit whether micro-batches may be cut differently, frozen weights streamed and inputs
 *     spilled, whichever is fastest within the budget
 * @param keptBlocks blocks that keep what they computed for the way back
 * @param order of micro-batches and blocks
 * @param savedInputs where blocks' inputs wait for the way back
 */
public record MemorySettings(
    @Setting(help = "the most memory that the process may take, such as 8GB (--budget)")
        Optional<String> budget,
    @Setting(
            help =
                "choose micro-batches, streaming and spilling for speed within the budget (--fit)",
            value = "false")
        boolean fit,
    @Setting(help = "how many blocks are not computed again; by default as many as fit")
        Optional<Integer> keptBlocks,
    @Setting(
            help =
                "auto | by-batch | by-block: all micro-batches of a step pass through a block before"
                    + " the next",
            value = "auto")
        Order order,
    @Setting(help = "where blocks' inputs wait: memory | disk", value = "memory")
        Place savedInputs) {

  /** In which order micro-batches and blocks run. */
  public enum Order {
    /** By block where bringing a block's weights in costs something, and the memory is there. */
    AUTO,
    /** A micro-batch goes there and back before the next. */
    BY_BATCH,
    /** All micro-batches pass through a block before the next block. */
    BY_BLOCK;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Where tensors wait. */
  public enum Place {
    /** In memory. */
    MEMORY,
    /** In a scratch file in the output folder. */
    DISK;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks everything at once. */
  public MemorySettings {
    Complaints complaints = new Complaints();
    if (budget.isPresent()) {
      try {
        ByteSize.parse("memory.budget", budget.get());
      } catch (UsageException e) {
        complaints.addAll(e);
      }
    }
    complaints
        .unless(!fit || budget.isPresent(), "memory.fit", fit, "needs memory.budget (--budget 8GB)")
        .unless(
            keptBlocks.orElse(0) >= 0,
            "memory.keptBlocks",
            keptBlocks.orElse(0),
            "must be 0 or more")
        .throwIfAny();
  }

  /** The budget in bytes. */
  public OptionalLong bytes() {
    return budget
        .map(b -> OptionalLong.of(ByteSize.parse("memory.budget", b)))
        .orElse(OptionalLong.empty());
  }

  /** Returns no budget, and everything left to the planner. */
  public static MemorySettings defaults() {
    return SettingDefaults.of(MemorySettings.class);
  }
}
