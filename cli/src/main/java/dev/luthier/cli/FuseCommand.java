package dev.luthier.cli;

import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.eval.Divergence;
import dev.luthier.format.DType;
import dev.luthier.merge.Fuse;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.Native;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerSource;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier fuse}: an adapter into its base. */
@Command(
    name = "fuse",
    description = "Multiplies an adapter into its base and writes an ordinary model folder.",
    footer = {
      "",
      "Example:",
      "  luthier fuse --model my-base --adapter my-adapter --output my-model"
    })
final class FuseCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "The base model's folder.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "DIR",
      description = "The PEFT adapter.")
  private Path adapter = Path.of("");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "A new folder for the fused model.")
  private Path output = Path.of("");

  @Option(
      names = "--base",
      paramLabel = "WHICH",
      description =
          "original, the base's matrices as they are stored, or dequantized, what comes back of the"
              + " quantized ones; by default what the adapter was trained over.")
  private Optional<Fuse.Base> base = Optional.empty();

  @Option(
      names = "--any-base",
      description = "Fuse even if the adapter was trained over another base.")
  private boolean anyBase;

  @Option(
      names = "--check",
      arity = "1",
      paramLabel = "true|false",
      description =
          "Compare the adapter live with the fused model on a text; ${DEFAULT-VALUE} by default.")
  private boolean check = true;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "The UTF-8 text to compare on, its first 512 tokens; one of ours by default.")
  private Optional<Path> text = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; 0 is one per core.")
  private int threads;

  FuseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Native.threads(threads);
    Fuse fuse = Fuse.of(model, adapter, base, anyBase);
    String read = text.map(TextFiles::read).orElseGet(Fuse::text);
    Optional<long[]> ids = check ? Optional.of(fuse.slice(tokenizer(), read)) : Optional.empty();
    DType stored = fuse.run(output);
    Optional<Divergence> divergence = ids.map(i -> fuse.check(output, i));
    if (json.json) {
      console.json(fields(fuse, stored, divergence));
    } else {
      print(fuse, stored, divergence);
    }
    divergence.filter(d -> !(d.kl() <= Fuse.LARGEST_KL)).ifPresent(d -> warn(fuse));
    return Program.DONE;
  }

  /** What the fused folder will have. */
  private Tokenizer tokenizer() {
    return Tokenizer.load(TokenizerSource.in(adapter).isPresent() ? adapter : model);
  }

  private Map<String, Object> fields(Fuse fuse, DType stored, Optional<Divergence> divergence) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("output", output.toString());
    out.put("dtype", stored.name());
    out.put("base", fuse.base().toString());
    divergence.ifPresent(
        d -> {
          out.put("kl", d.kl());
          if (!Double.isNaN(d.first())) {
            out.put("perplexity_live", d.first());
            out.put("perplexity_fused", d.second());
          }
          out.put("tokens", d.tokens());
        });
    return out;
  }

  private void print(Fuse fuse, DType stored, Optional<Divergence> divergence) {
    String quantized =
        fuse.base() == Fuse.Base.ORIGINAL
            ? ""
            : " (" + fuse.trained().map(QuantSettings::words).orElse("") + ")";
    console
        .out()
        .println(
            "fused into "
                + output
                + " over the "
                + fuse.base()
                + " base"
                + quantized
                + ", stored as "
                + stored);
    divergence.ifPresent(
        d ->
            console
                .out()
                .printf(
                    Locale.ROOT,
                    "fused against live adapter on %d tokens: KL divergence %.2e nats per token"
                        + (Double.isNaN(d.first()) ? "%n" : ", perplexity %.4f against %.4f%n"),
                    d.tokens(),
                    d.kl(),
                    d.second(),
                    d.first()));
    String next = ModelFiles.use(output).command("--model " + output);
    console.out().println("use it:\n  ./" + next);
  }

  private void warn(Fuse fuse) {
    boolean other = fuse.base() == Fuse.Base.ORIGINAL && fuse.trained().isPresent();
    console
        .err()
        .println(
            "warning: the fused model predicts otherwise than the adapter live (more than "
                + Fuse.LARGEST_KL
                + " nats per token). "
                + (other
                    ? "The adapter was trained over the quantized base: fuse with --base"
                        + " dequantized."
                    : "Compare both with luthier evaluate before you use it, or go on using the"
                        + " adapter live.")
                + " See docs/troubleshooting.md#fused-differs");
  }
}
