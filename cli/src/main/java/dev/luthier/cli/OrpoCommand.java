package dev.luthier.cli;

import dev.luthier.recipe.PreferenceMethod;
import picocli.CommandLine.Command;

/** {@code luthier orpo}. */
@Command(
    name = "orpo",
    description = {
      "Tunes a model on chosen answers and by the odds of chosen over rejected",
      "ones (ORPO), in one go and without a reference."
    },
    footer = {
      "",
      "Example:",
      "  luthier orpo --model my-base --data pairs.jsonl --output my-orpo",
      "",
      "Rows have chosen and rejected answers, with a prompt or without, as texts,",
      "as messages, or as Anthropic's HH writes conversations.",
      "'luthier config orpo' prints every setting, its default and what it does."
    })
final class OrpoCommand extends PreferenceCommand {
  OrpoCommand(Console console) {
    super(console, PreferenceMethod.ORPO);
  }
}
