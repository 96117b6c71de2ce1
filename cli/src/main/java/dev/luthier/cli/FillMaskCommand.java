package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.generate.FillMask;
import dev.luthier.generate.ModelLanguage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier fill-mask}: an encoder's guesses at masked tokens. */
@Command(
    name = "fill-mask",
    description = "Guesses the masked tokens of a text with an encoder.",
    footer = {
      "",
      "Example:",
      "  luthier fill-mask --model my-bert --text \"The [MASK] sat on the mat.\""
    })
final class FillMaskCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final ModelOptions model = new ModelOptions();
  @Mixin private final MachineOptions machine = new MachineOptions();

  @Option(
      names = "--text",
      required = true,
      paramLabel = "TEXT",
      description = "With the tokenizer's mask token, such as [MASK] or <mask>, once or more.")
  private String text = "";

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Guesses for each mask; ${DEFAULT-VALUE} by default.")
  private int top = 5;

  FillMaskCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (top < 1) {
      throw new UsageException("--top is " + top + "; use 1 or more");
    }
    ModelLanguage language = model.language(true);
    FillMask filler =
        new FillMask(model.load(machine, console).transformer(), language.tokenizer());
    List<List<FillMask.Guess>> masks = filler.fill(text, top);
    if (json.json) {
      console.json(
          Map.of("masks", masks.stream().map(g -> g.stream().map(this::fields).toList()).toList()));
      return Program.DONE;
    }
    for (int i = 0; i < masks.size(); i++) {
      if (masks.size() > 1) {
        console.out().printf("mask %d%n", i + 1);
      }
      masks
          .get(i)
          .forEach(
              g -> console.out().printf("%.4f  %s  %s%n", g.probability(), g.token(), g.text()));
    }
    return Program.DONE;
  }

  private Map<String, Object> fields(FillMask.Guess guess) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("token", guess.token());
    out.put("id", guess.id());
    out.put("probability", guess.probability());
    out.put("text", guess.text());
    return out;
  }
}
