package dev.luthier.cli;

import dev.luthier.recipe.PreferenceMethod;
import dev.luthier.recipe.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier kto}. */
@Command(
    name = "kto",
    description = {
      "Tunes a model by answers that are wanted or not (KTO), held against a",
      "reference. Pairs count as one wanted and one unwanted answer."
    },
    footer = {
      "",
      "Example:",
      "  luthier kto --model my-base --data rated.jsonl --output my-kto",
      "  luthier kto --model b --adapter my-sft --data rated.jsonl --output k",
      "",
      "Rows have an answer and a label that says whether it is wanted; or chosen and",
      "rejected answers.",
      "'luthier config kto' prints every setting, its default and what it does."
    })
final class KtoCommand extends PreferenceCommand {
  @Mixin private final ReferenceOption reference = new ReferenceOption();

  KtoCommand(Console console) {
    super(console, PreferenceMethod.KTO);
  }

  @Override
  void addTo(Settings settings) {
    reference.addTo(settings);
  }
}
