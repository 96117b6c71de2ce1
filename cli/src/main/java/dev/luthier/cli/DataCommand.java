package dev.luthier.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier data}: the verbs on training data. */
@Command(
    name = "data",
    description = "Works with training data.",
    footer = {"", "Example:", "  luthier data preview --model my-base --data rows.jsonl"})
final class DataCommand {
  @Mixin private final HelpOption help = new HelpOption();
}
