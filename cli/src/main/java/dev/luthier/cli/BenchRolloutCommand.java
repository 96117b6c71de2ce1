package dev.luthier.cli;

import dev.luthier.recipe.bench.RolloutBench;
import dev.luthier.recipe.bench.RolloutBenchResult;
import dev.luthier.recipe.bench.RolloutBenchSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Native;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier bench rollout}: where the time of an iteration of {@code grpo} goes. */
@Command(
    name = "rollout",
    description = {
      "Times iterations that write answers and learn from them, part by part, and holds the writing"
          + " against the engine behind luthier serve.",
      "An adapter of rank 16; the shapes are those of real models, with random weights."
    },
    footer = {
      "",
      "Example:",
      "  luthier bench rollout --shape llama-85m --dtype bf16",
      "  luthier bench rollout --model my-model --prompts 16 --answer 128"
    })
final class BenchRolloutCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final BenchModelOptions what = new BenchModelOptions();

  @Option(names = "--prompts", paramLabel = "N", description = "Asked; 8 by default.")
  private int prompts = 8;

  @Option(names = "--generations", paramLabel = "N", description = "Answers to each; 8 by default.")
  private int generations = 8;

  @Option(names = "--prompt", paramLabel = "T", description = "Tokens of each; 32 by default.")
  private int prompt = 32;

  @Option(names = "--answer", paramLabel = "T", description = "Tokens of an answer; 64 by default.")
  private int answer = 64;

  @Option(names = "--rounds", paramLabel = "N", description = "Timed ones; 3 by default.")
  private int rounds = 3;

  BenchRolloutCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    RolloutBenchSettings settings =
        new RolloutBenchSettings(
            what.shape(),
            what.model,
            machine.computeDtype().orElse(ComputeDtype.FLOAT32),
            prompts,
            generations,
            prompt,
            answer,
            rounds);
    Native.threads(machine.threads.orElse(0));
    RolloutBenchResult result = RolloutBench.run(settings, console.err()::println);
    if (json.json) {
      console.json(fields(result));
    } else {
      console.out().print(table(result));
    }
    return Program.DONE;
  }

  private static Map<String, Object> fields(RolloutBenchResult r) {
    RolloutBenchSettings s = r.settings();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("sample_seconds", r.sample());
    out.put("logps_seconds", r.policy());
    out.put("reference_seconds", r.reference());
    out.put("update_seconds", r.update());
    out.put("tokens_per_s", r.tokensPerSecond());
    out.put("engine_seconds", r.engine());
    out.put("engine_factor", r.factor());
    out.put("sampler_difference", r.samplerDifference());
    out.put("shape", s.what());
    out.put("dtype", s.dtype().toString());
    out.put("prompts", s.prompts());
    out.put("generations", s.generations());
    out.put("prompt", s.prompt());
    out.put("answer", s.answer());
    out.put("rounds", s.rounds());
    out.put("threads", Native.threads());
    out.put("processor", Processor.name());
    return out;
  }

  private static String table(RolloutBenchResult r) {
    RolloutBenchSettings s = r.settings();
    StringBuilder out = new StringBuilder();
    line(
        out,
        "%s, lora, %s, %d answers of %d tokens to %d prompts of %d",
        s.what(),
        s.dtype(),
        s.prompts() * s.generations(),
        s.answer(),
        s.prompts(),
        s.prompt());
    line(out, "%s, %d threads", Processor.name(), Native.threads());
    line(out, "");
    part(out, "writing", r.sample(), r);
    part(out, "log-probs", r.policy(), r);
    part(out, "reference", r.reference(), r);
    part(out, "update", r.update(), r);
    line(out, "together        %7.3f s, the median of %d rounds", r.whole(), s.rounds());
    line(
        out,
        "written         %7.1f tokens/s: %.2f times the speed of luthier serve's engine",
        r.tokensPerSecond(),
        r.factor());
    line(
        out,
        "difference      %7.1e, the largest between sampler and training forward, nats",
        r.samplerDifference());
    return out.toString();
  }

  private static void part(StringBuilder out, String what, double seconds, RolloutBenchResult r) {
    line(out, "%-14s  %7.3f s  %4.0f %%", what, seconds, 100 * seconds / r.whole());
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
