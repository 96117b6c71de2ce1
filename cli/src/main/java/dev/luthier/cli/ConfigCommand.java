package dev.luthier.cli;

import static java.util.Map.entry;

import dev.luthier.UsageException;
import dev.luthier.recipe.ClassifierSettings;
import dev.luthier.recipe.PolicyRunSettings;
import dev.luthier.recipe.PreferenceSettings;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.RewardSettings;
import dev.luthier.recipe.SettingPrinter;
import dev.luthier.recipe.SftSettings;
import dev.luthier.recipe.data.CheckSettings;
import dev.luthier.recipe.data.PrepareSettings;
import dev.luthier.recipe.generate.DataGenerateSettings;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code luthier config VERB}: every setting of a verb. */
@Command(
    name = "config",
    description = "Prints every setting of a verb with its default, as a file to edit.",
    footer = {
      "",
      "Example:",
      "  luthier config sft > run.yaml",
      "  luthier sft --config run.yaml --model my-base --data rows.jsonl --output a"
    })
final class ConfigCommand implements Callable<Integer> {
  private static final Map<String, Class<? extends Record>> RECIPES =
      new TreeMap<>(
          Map.ofEntries(
              entry("sft", SftSettings.class),
              entry("pretrain", PretrainSettings.class),
              entry("data-check", CheckSettings.class),
              entry("data-prepare", PrepareSettings.class),
              entry("data-generate", DataGenerateSettings.class),
              entry("train-classifier", ClassifierSettings.class),
              entry("dpo", PreferenceSettings.class),
              entry("kto", PreferenceSettings.class),
              entry("orpo", PreferenceSettings.class),
              entry("simpo", PreferenceSettings.class),
              entry("cpo", PreferenceSettings.class),
              entry("reward", RewardSettings.class),
              entry("grpo", PolicyRunSettings.class),
              entry("rloo", PolicyRunSettings.class),
              entry("ppo", PolicyRunSettings.class)));

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();

  @Parameters(
      paramLabel = "VERB",
      description =
          "sft, dpo, kto, orpo, simpo, cpo, reward, grpo, rloo, ppo, pretrain, train-classifier, data-check, data-prepare or"
              + " data-generate.")
  private String verb = "";

  ConfigCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Class<? extends Record> recipe = RECIPES.get(verb);
    if (recipe == null) {
      throw new UsageException(
          "config " + verb + ": expected one of " + String.join(", ", RECIPES.keySet()));
    }
    console
        .out()
        .println(
            "# Settings of luthier "
                + verb.replaceFirst("^data-", "data ")
                + ". Flags and --set key=value override them.");
    console.out().print(SettingPrinter.yaml(recipe));
    return Program.DONE;
  }
}
