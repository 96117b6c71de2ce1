package dev.luthier.cli;

import dev.luthier.recipe.PreferenceMethod;
import picocli.CommandLine.Command;

/** {@code luthier simpo}. */
@Command(
    name = "simpo",
    description = {
      "Tunes a model to find chosen answers likelier per token than rejected ones,",
      "by a margin (SimPO), without a reference."
    },
    footer = {
      "",
      "Example:",
      "  luthier simpo --model my-base --data pairs.jsonl --output my-simpo",
      "  luthier simpo --model b --data p.jsonl --output s --set loss.gamma=1.6",
      "",
      "Rows have chosen and rejected answers, with a prompt or without, as texts,",
      "as messages, or as Anthropic's HH writes conversations.",
      "'luthier config simpo' prints every setting, its default and what it does."
    })
final class SimpoCommand extends PreferenceCommand {
  SimpoCommand(Console console) {
    super(console, PreferenceMethod.SIMPO);
  }
}
