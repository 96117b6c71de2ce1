package dev.luthier.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier template}: the verbs on chat templates. */
@Command(
    name = "template",
    description = "Works with chat templates.",
    footer = {"", "Example:", "  luthier template render --model my-base --messages chat.json"})
final class TemplateCommand {
  @Mixin private final HelpOption help = new HelpOption();
}
