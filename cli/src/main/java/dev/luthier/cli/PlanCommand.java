package dev.luthier.cli;

import dev.luthier.format.ByteSize;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftPlan;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.Memory;
import dev.luthier.train.StepPlanner;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier plan}: the memory of a run before it starts. */
@Command(
    name = "plan",
    description = {
      "Says what memory a run of sft will take, part by part, and how its steps will be laid out.",
      "Nothing is loaded but the data and the tokenizer. Takes the options and settings of sft."
    },
    footer = {
      "",
      "Example:",
      "  luthier plan --model my-base --data rows.jsonl --dtype bf16",
      "  luthier plan --model my-base --data rows.jsonl --method qlora --budget 6GB",
      "  luthier plan --model my-base --data rows.jsonl --budget 2GB --fit --json"
    })
final class PlanCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final SettingOptions common = new SettingOptions();
  @Mixin private final TunedOptions sft = new TunedOptions();

  PlanCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Settings settings = common.settings(machine);
    sft.addTo(settings);
    // Nothing is written there.
    settings.set("output", Optional.of("."), "--output");
    SftSettings bound = settings.bind(SftSettings.class);
    SftPlan plan = SftPlan.of(bound);
    if (json.json) {
      console.json(fields(plan));
    } else {
      print(plan);
    }
    return Program.DONE;
  }

  private static Map<String, Object> fields(SftPlan p) {
    Map<String, Object> out = new LinkedHashMap<>(p.plan().fields());
    out.put("longest", p.length());
    out.put("blocks", p.blocks());
    p.settings().memory().bytes().ifPresent(b -> out.put("budget_bytes", b));
    return out;
  }

  private void print(SftPlan p) {
    StepPlanner.Plan plan = p.plan();
    line(
        "%s, %s, %s: the longest batch is %d x %d tokens",
        p.settings().model(),
        p.settings().method(),
        p.settings().train().dtype(),
        plan.microBatchSize(),
        p.length());
    plan.memory()
        .groups()
        .forEach((name, bytes) -> line("  %-14s %12s", name.replace('_', ' '), size(bytes)));
    line("  %-14s %12s%s", "total", size(plan.memory().total()), limit(p));
    line("steps: %s", plan.words(p.blocks()));
  }

  private static String limit(SftPlan p) {
    return p.settings()
        .memory()
        .budget()
        .map(b -> " of the budget of " + b)
        .orElseGet(() -> "; this machine has " + ByteSize.words(Memory.total()));
  }

  private static String size(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / (double) (1 << 20));
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values));
  }
}
