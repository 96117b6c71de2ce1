package dev.luthier.cli;

import dev.luthier.recipe.PolicyAlgorithm;
import picocli.CommandLine.Command;

/** {@code luthier grpo}. */
@Command(
    name = "grpo",
    description = {
      "Tunes a model by rewards for its own answers, each held against the others to",
      "the same prompt (GRPO and its kin)."
    },
    footer = {
      "",
      "Example:",
      "  luthier grpo --model b --adapter sft --data p --reward R.java --output g",
      "  luthier grpo --model b --data p.jsonl --reward-model rm --output g",
      "",
      "Rows have a prompt, or messages; all columns go to the reward function.",
      "'luthier config grpo' prints every setting, its default and what it does."
    })
final class GrpoCommand extends PolicyCommand {
  GrpoCommand(Console console) {
    super(console, PolicyAlgorithm.GRPO);
  }
}
