package dev.luthier.cli;

import dev.luthier.recipe.PolicyAlgorithm;
import picocli.CommandLine.Command;

/** {@code luthier rloo}. */
@Command(
    name = "rloo",
    description = {
      "Tunes a model by rewards for its own answers, with the mean of the other",
      "answers to the same prompt as baseline (RLOO)."
    },
    footer = {
      "",
      "Example:",
      "  luthier rloo --model b --adapter sft --data p --reward R.java --output g",
      "  luthier rloo --model b --data p.jsonl --reward-model rm --output g",
      "",
      "Rows have a prompt, or messages; all columns go to the reward function.",
      "'luthier config rloo' prints every setting, its default and what it does."
    })
final class RlooCommand extends PolicyCommand {
  RlooCommand(Console console) {
    super(console, PolicyAlgorithm.RLOO);
  }
}
