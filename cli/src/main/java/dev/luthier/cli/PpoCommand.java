package dev.luthier.cli;

import dev.luthier.recipe.PolicyAlgorithm;
import picocli.CommandLine.Command;

/** {@code luthier ppo}. */
@Command(
    name = "ppo",
    description = {
      "Tunes a model by rewards for its own answers, each token held against what a",
      "value head expected of it (proximal policy optimization)."
    },
    footer = {
      "",
      "Example:",
      "  luthier ppo --model b --adapter sft --data p --reward-model rm --output g",
      "  luthier ppo --model b --data p.jsonl --reward R.java --output g",
      "",
      "Rows have a prompt, or messages; all columns go to the reward function.",
      "'luthier config ppo' prints every setting, its default and what it does."
    })
final class PpoCommand extends PolicyCommand {
  PpoCommand(Console console) {
    super(console, PolicyAlgorithm.PPO);
  }
}
