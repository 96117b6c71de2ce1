package dev.luthier.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier export}: what was trained, in the forms that other programs serve. */
@Command(
    name = "export",
    description = "Writes a model or an adapter as other programs serve it.",
    footer = {
      "",
      "Example:",
      "  luthier export gguf --model base --adapter mine --type Q4_K_M --output q.gguf"
    })
final class ExportCommand {
  @Mixin private final HelpOption help = new HelpOption();
}
