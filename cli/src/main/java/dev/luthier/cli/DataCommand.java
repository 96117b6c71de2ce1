package dev.luthier.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier data}: the verbs on training data. */
@Command(
    name = "data",
    description = "Works with training data.",
    footer = {
      "",
      "Examples:",
      "  luthier data preview --model my-base --data rows.jsonl",
      "  luthier data prepare --model my-base --data rows.jsonl --output my-set",
      "  luthier data show my-set"
    })
final class DataCommand {
  @Mixin private final HelpOption help = new HelpOption();
}
