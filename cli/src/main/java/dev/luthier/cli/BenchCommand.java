package dev.luthier.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier bench}: how fast this machine trains. */
@Command(
    name = "bench",
    description = "Measures how fast this machine trains.",
    footer = {"", "Example:", "  luthier bench step --shape llama-85m --batch 2 --dtype bf16"})
final class BenchCommand {
  @Mixin private final HelpOption help = new HelpOption();
}
