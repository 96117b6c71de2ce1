package dev.luthier.cli;

import dev.luthier.recipe.PreferenceMethod;
import dev.luthier.recipe.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier dpo}. */
@Command(
    name = "dpo",
    description = {
      "Tunes a model to prefer chosen answers to rejected ones (DPO and its kin),",
      "held against a reference: the model as it was before, unless said otherwise."
    },
    footer = {
      "",
      "Example:",
      "  luthier dpo --model my-base --data pairs.jsonl --output my-dpo",
      "  luthier dpo --model my-base --adapter my-sft --data pairs.jsonl --output d",
      "  luthier dpo --model b --data p.jsonl --output d --loss ipo",
      "  luthier dpo --model b --data p.jsonl --output d --loss sigmoid,sft=0.2",
      "",
      "Rows have chosen and rejected answers, with a prompt or without, as texts,",
      "as messages, or as Anthropic's HH writes conversations.",
      "'luthier config dpo' prints every setting, its default and what it does."
    })
final class DpoCommand extends PreferenceCommand {
  @Mixin private final ReferenceOption reference = new ReferenceOption();

  DpoCommand(Console console) {
    super(console, PreferenceMethod.DPO);
  }

  @Override
  void addTo(Settings settings) {
    reference.addTo(settings);
  }
}
