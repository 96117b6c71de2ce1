package dev.luthier.cli;

import dev.luthier.export.GgufFileType;
import dev.luthier.recipe.bench.ServeBench;
import dev.luthier.recipe.bench.ServeBenchResult;
import dev.luthier.recipe.bench.ServeBenchSettings;
import dev.luthier.serve.EngineSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Native;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier bench serve}: how fast texts are written, alone and together. */
@Command(
    name = "serve",
    description = {
      "Times the engine behind luthier serve: one text alone, held against the memory bandwidth of"
          + " this machine; many at once; many with different adapters.",
      "The shapes are those of real models, with random weights."
    },
    footer = {
      "",
      "Example:",
      "  luthier bench serve --shape tinyllama-1.1b --dtype bf16 \\",
      "    --weights full,int8,int4",
      "  luthier bench serve --shape llama-85m --dtype bf16 --llamacpp bf16,q8_0",
      "  luthier bench serve --model my-model --requests 64 --adapters 8"
    })
final class BenchServeCommand implements Callable<Integer> {
  private static final double GIGA = 1e9;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final BenchModelOptions what = new BenchModelOptions();

  @Option(
      names = "--weights",
      paramLabel = "KINDS",
      split = ",",
      description =
          "How matrices are held, one after another: full (default), stored, int8, int4. Requests"
              + " together run with the first.")
  private List<EngineSettings.Weights> weights = List.of(EngineSettings.Weights.FULL);

  @Option(
      names = "--llamacpp",
      paramLabel = "TYPES",
      split = ",",
      description =
          "The same weights in GGUF files of these types, by llama.cpp, to compare with: bf16,"
              + " q8_0 and q4_1 take as many bits as full, int8 and int4.")
  private List<GgufFileType> llamacpp = List.of();

  @Option(names = "--requests", paramLabel = "N", description = "At once; 64 by default.")
  private int requests = 64;

  @Option(names = "--prompt", paramLabel = "T", description = "Tokens of each; 32 by default.")
  private int prompt = 32;

  @Option(names = "--answer", paramLabel = "T", description = "New tokens of each; 64 by default.")
  private int answer = 64;

  @Option(
      names = "--adapters",
      paramLabel = "N",
      description = "Random adapters of rank 16 in one batch; 0 (default) for none.")
  private int adapters;

  BenchServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ServeBenchSettings settings =
        new ServeBenchSettings(
            what.shape(),
            what.model,
            machine.computeDtype().orElse(ComputeDtype.FLOAT32),
            weights,
            llamacpp,
            requests,
            prompt,
            answer,
            adapters);
    Native.threads(machine.threads.orElse(0));
    ServeBenchResult result = ServeBench.run(settings, console.err()::println);
    if (json.json) {
      console.json(fields(result));
    } else {
      console.out().print(table(result));
    }
    return Program.DONE;
  }

  private static Map<String, Object> fields(ServeBenchResult r) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("decoding", r.decoding().stream().map(BenchServeCommand::fields).toList());
    out.put("llamacpp", r.llama().stream().map(BenchServeCommand::fields).toList());
    out.put("alone_tokens_per_s", r.alone());
    out.put("together_tokens_per_s", r.together());
    out.put("together_factor", r.together() / r.alone());
    r.mixing()
        .ifPresent(
            m -> {
              out.put("one_adapter_tokens_per_s", m.one());
              out.put("mixed_adapters_tokens_per_s", m.many());
              out.put("mixing_cost", m.cost());
            });
    ServeBenchSettings s = r.settings();
    out.put("shape", s.what());
    out.put("dtype", s.dtype().toString());
    out.put("requests", s.requests());
    out.put("prompt", s.prompt());
    out.put("answer", s.answer());
    out.put("adapters", s.adapters());
    out.put("threads", Native.threads());
    out.put("processor", Processor.name());
    return out;
  }

  private static Map<String, Object> fields(ServeBenchResult.Decoding d) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("weights", d.weights());
    one.put("tokens_per_s", 1 / d.secondsPerToken());
    one.put("bytes_per_token", d.bytesPerToken());
    one.put("bandwidth_bytes_per_s", d.bandwidth());
    one.put("ratio", d.ratio());
    return one;
  }

  private static String table(ServeBenchResult r) {
    ServeBenchSettings s = r.settings();
    StringBuilder out = new StringBuilder();
    line(out, "%s, %s, %d tokens after %d", s.what(), s.dtype(), s.answer(), s.prompt());
    line(out, "%s, %d threads", Processor.name(), Native.threads());
    line(out, "");
    r.decoding().forEach(d -> line(out, "alone, %-11s%s", d.weights(), speed(d)));
    r.llama().forEach(d -> line(out, "llama.cpp, %-7s%s", d.weights(), speed(d)));
    line(out, "one by one        %6.1f tokens/s, prompts and all", r.alone());
    line(
        out,
        "%2d together       %6.1f tokens/s: %.1f times as fast",
        s.requests(),
        r.together(),
        r.together() / r.alone());
    r.mixing()
        .ifPresent(
            m -> {
              line(out, "one adapter       %6.1f tokens/s", m.one());
              line(
                  out,
                  "%2d adapters       %6.1f tokens/s: the mixture costs %.0f %%",
                  s.adapters(),
                  m.many(),
                  100 * m.cost());
            });
    return out.toString();
  }

  private static String speed(ServeBenchResult.Decoding d) {
    return String.format(
        Locale.ROOT,
        "%6.1f tokens/s, %.2f GB each: %.2f of the memory's %.1f GB/s",
        1 / d.secondsPerToken(),
        d.bytesPerToken() / GIGA,
        d.ratio(),
        d.bandwidth() / GIGA);
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
