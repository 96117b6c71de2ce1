package dev.luthier.cli;

import dev.luthier.format.ByteSize;
import dev.luthier.measure.StepFlops;
import dev.luthier.measure.StepTimer;
import dev.luthier.recipe.SftSettings;
import dev.luthier.recipe.bench.StepBench;
import dev.luthier.recipe.bench.StepBenchResult;
import dev.luthier.recipe.bench.StepBenchSettings;
import dev.luthier.recipe.bench.Timing;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.OneDnn;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier bench step}: how fast a training step is, and how fast it could be. */
@Command(
    name = "step",
    description = {
      "Times optimizer steps on random tokens and compares them with the best matrix product of this"
          + " machine.",
      "The shapes are those of real models, with random weights."
    },
    footer = {
      "",
      "Example:",
      "  luthier bench step --shape llama-85m --batch 2 --dtype bf16",
      "  luthier bench step --shape llama-85m --batch 2 --dtype bf16 --baseline",
      "  luthier bench step --model my-base --method full --json"
    })
final class BenchStepCommand implements Callable<Integer> {
  private static final double GIGA = 1e9;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();
  @Mixin private final MachineOptions machine = new MachineOptions();
  @Mixin private final BenchModelOptions what = new BenchModelOptions();

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description =
          "lora (default: rank 16 on all linear layers), qlora (the same over NF4) or full.")
  private SftSettings.Method method = SftSettings.Method.LORA;

  @Option(names = "--seq", paramLabel = "T", description = "Tokens per row; 512 by default.")
  private int length = 512;

  @Option(names = "--batch", paramLabel = "B", description = "Rows per step; 1 by default.")
  private int rows = 1;

  @Option(names = "--steps", paramLabel = "N", description = "Timed steps; 5 by default.")
  private int steps = 5;

  @Option(
      names = "--recompute",
      paramLabel = "BOOL",
      arity = "1",
      description = "Whether blocks are computed again on the way back; true by default.")
  private boolean recompute = true;

  @Option(
      names = "--stream",
      description = "Read the frozen weights of --model from the disk whenever a block runs.")
  private boolean stream;

  @Option(
      names = "--baseline",
      description =
          "Then time the ordinary way on the same weights: one autograd graph, libtorch's"
              + " attention, logits in full.")
  private boolean baseline;

  @Option(
      names = "--budget",
      paramLabel = "SIZE",
      description = "Refuse to start if the plan takes more memory than this, such as 8GB.")
  private Optional<String> budget = Optional.empty();

  BenchStepCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    StepBenchSettings settings =
        new StepBenchSettings(
            what.shape(),
            what.model,
            method,
            length,
            rows,
            steps,
            recompute,
            stream,
            baseline,
            budget
                .map(b -> OptionalLong.of(ByteSize.parse("--budget", b)))
                .orElse(OptionalLong.empty()),
            machine.computeDtype().orElse(ComputeDtype.FLOAT32),
            new Device(machine.device.orElse("cpu")));
    Native.threads(machine.threads.orElse(0));
    StepBenchResult result = StepBench.run(settings, console.err()::println);
    if (json.json) {
      console.json(fields(result));
    } else {
      console.out().print(table(result));
    }
    return Program.DONE;
  }

  private static Map<String, Object> fields(StepBenchResult r) {
    StepBenchSettings s = r.settings();
    StepFlops flops = r.flops();
    Map<String, Object> out = new LinkedHashMap<>(timing(r.step()));
    out.put("planned_bytes", r.plan().total());
    out.put("ratio", r.ratio());
    r.diskSpeed().ifPresent(speed -> out.put("disk_bytes_per_s", speed));
    out.put("matrix_peak_gflops", r.matrixPeak() / GIGA);
    out.put("model_gflops", flops.useful() / GIGA);
    out.put("recomputed_gflops", flops.recomputed() / GIGA);
    out.put("linear_gflops", flops.linear() / GIGA);
    out.put("adapter_gflops", flops.adapter() / GIGA);
    out.put("attention_gflops", flops.attention() / GIGA);
    out.put("head_gflops", flops.head() / GIGA);
    r.baseline()
        .ifPresent(
            b -> {
              Map<String, Object> other = timing(b);
              other.put("factor", r.factor().orElseThrow());
              out.put("baseline", other);
            });
    out.put("shape", s.what());
    out.put("method", s.method().toString());
    out.put("trainable_parameters", r.trainable());
    out.put("seq", s.length());
    out.put("batch", s.rows());
    out.put("steps", s.steps());
    out.put("recompute", s.recompute());
    out.put("dtype", s.dtype().toString());
    out.put("device", s.device().name());
    out.put("threads", Native.threads());
    out.put("processor", Processor.name());
    out.put("isa", OneDnn.isa());
    out.put("isa_cap", OneDnn.cap());
    return out;
  }

  private static Map<String, Object> timing(Timing t) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("tokens_per_s", t.tokensPerSecond());
    out.put("step_seconds", t.stepSeconds());
    out.put("steps_seconds", t.steps().stream().map(StepTimer.Step::seconds).toList());
    out.put("processor_seconds", t.processorSeconds());
    out.put("peak_bytes", t.peakBytes());
    out.put("disk_bytes", t.diskBytes());
    return out;
  }

  private static String table(StepBenchResult r) {
    StepBenchSettings s = r.settings();
    StepFlops flops = r.flops();
    StringBuilder out = new StringBuilder();
    line(out, "%s, %s, %d x %d tokens, %s", s.what(), s.method(), s.rows(), s.length(), s.dtype());
    line(out, "%s, %d threads%s", Processor.name(), Native.threads(), isa());
    line(out, "");
    line(out, "tokens/s     %8.0f", r.step().tokensPerSecond());
    line(out, "step         %8.3f s, the median of %d", r.step().stepSeconds(), s.steps());
    line(out, "processor    %8.3f s per step, all threads together", r.step().processorSeconds());
    line(out, "useful       %8.1f GFLOP per step", flops.useful() / GIGA);
    line(out, "recomputed   %8.1f GFLOP per step", flops.recomputed() / GIGA);
    line(out, "matrix peak  %8.0f GFLOP/s", r.matrixPeak() / GIGA);
    line(out, "ratio        %8.3f of that peak", r.ratio());
    line(
        out,
        "peak memory  %8d MiB, %d MiB planned",
        r.step().peakBytes() >> 20,
        r.plan().total() >> 20);
    r.diskSpeed()
        .ifPresent(
            speed ->
                line(
                    out,
                    "disk         %8.2f GB per step, %.2f s at the %.2f GB/s that it gives",
                    r.step().diskBytes() / GIGA,
                    r.step().diskBytes() / speed,
                    speed / GIGA));
    r.baseline()
        .ifPresent(
            b ->
                line(
                    out,
                    "baseline     %8.0f tokens/s, %.3f s (processor %.3f s), %d MiB: ours is %.2f times"
                        + " as fast",
                    b.tokensPerSecond(),
                    b.stepSeconds(),
                    b.processorSeconds(),
                    b.peakBytes() >> 20,
                    r.factor().orElseThrow()));
    return out.toString();
  }

  private static String isa() {
    String isa = OneDnn.isa();
    String cap = OneDnn.cap().isEmpty() ? "" : " (ONEDNN_MAX_CPU_ISA=" + OneDnn.cap() + ")";
    return isa.isEmpty() ? "" : ", oneDNN " + isa + cap;
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
