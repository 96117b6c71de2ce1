package dev.luthier.cli;

import dev.luthier.recipe.PreferenceMethod;
import picocli.CommandLine.Command;

/** {@code luthier cpo}. */
@Command(
    name = "cpo",
    description = {
      "Tunes a model to find chosen answers likelier than rejected ones and to say",
      "them (CPO), without a reference."
    },
    footer = {
      "",
      "Example:",
      "  luthier cpo --model my-base --data pairs.jsonl --output my-cpo",
      "",
      "Rows have chosen and rejected answers, with a prompt or without, as texts,",
      "as messages, or as Anthropic's HH writes conversations.",
      "'luthier config cpo' prints every setting, its default and what it does."
    })
final class CpoCommand extends PreferenceCommand {
  CpoCommand(Console console) {
    super(console, PreferenceMethod.CPO);
  }
}
