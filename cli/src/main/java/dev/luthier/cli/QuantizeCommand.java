package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.checkpoint.FolderQuantizer;
import dev.luthier.checkpoint.QuantizationConfig;
import dev.luthier.format.HfFolder;
import dev.luthier.quant.FourBitMatrix;
import dev.luthier.quant.FourBitType;
import dev.luthier.tensor.Native;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code luthier quantize}: a model folder in float to one in bitsandbytes' form. */
@Command(
    name = "quantize",
    description = "Writes a model's matrices in 4 or 8 bits, as bitsandbytes stores them.",
    footer = {"", "Example:", "  luthier quantize --model my-base --output my-base-nf4"})
final class QuantizeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A model folder in float32, bfloat16 or float16.")
  private Path model = Path.of("");

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "A new folder for the quantized model.")
  private Path output = Path.of("");

  @Option(names = "--type", paramLabel = "TYPE", description = "nf4 (default), fp4 or int8.")
  private String type = FourBitType.NF4.toString();

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description =
          "Values per scale, a power of two from 32 to 4096; 64 by default. Not for int8.")
  private Optional<Integer> blockSize = Optional.empty();

  @Option(
      names = "--double-quant",
      negatable = true,
      description =
          "Quantize the scales in turn, 0.37 bits per weight less; the default. Not for int8.")
  private Optional<Boolean> doubleQuant = Optional.empty();

  @Option(
      names = "--skip",
      split = ",",
      paramLabel = "MODULE",
      description = "Modules that stay as they are, by path or a part of it: mlp.down_proj.")
  private List<String> skip = List.of();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; 0 is one per core.")
  private int threads;

  QuantizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Native.threads(threads);
    int size = blockSize.orElse(QuantizationConfig.DEFAULT_BLOCK_SIZE);
    QuantizationConfig config = config();
    CountProgress progress = new CountProgress(console);
    FolderQuantizer.Result result =
        new FolderQuantizer(config, size)
            .run(model, output, (done, total) -> progress.at("tensors", done, total));
    double bits = 8.0 * result.quantizedBytes() / result.weights();
    if (json.json) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("output", output.toString());
      out.put("type", type);
      config.fourBit().ifPresent(four -> out.put("blockSize", size));
      config.fourBit().ifPresent(four -> out.put("doubleQuant", config.doubleQuant()));
      out.put("quantized", result.quantized());
      out.put("kept", result.kept());
      out.put("bitsPerWeight", bits);
      out.put("bytesBefore", result.bytesBefore());
      out.put("bytesAfter", result.bytesAfter());
      console.json(out);
    } else {
      console
          .out()
          .printf(
              Locale.ROOT,
              "quantized %d matrices to %s, %.3f bits per weight, and kept %d tensors%n",
              result.quantized(),
              type,
              bits,
              result.kept());
      console
          .out()
          .printf(
              Locale.ROOT,
              "%s: %,d bytes of tensors, where %s has %,d%n",
              output,
              result.bytesAfter(),
              model,
              result.bytesBefore());
    }
    return Program.DONE;
  }

  private QuantizationConfig config() {
    List<String> all =
        skip.isEmpty()
            ? skip
            : QuantizationConfig.withHead(skip, HfFolder.config(model), HfFolder.configName(model));
    if (type.equals("int8")) {
      if (blockSize.isPresent() || doubleQuant.isPresent()) {
        throw new UsageException("int8 has a scale per row: no --block-size, no --double-quant");
      }
      return QuantizationConfig.int8(all);
    }
    FourBitType four =
        FourBitType.named(type)
            .orElseThrow(
                () -> new UsageException("--type is '" + type + "'; expected nf4, fp4 or int8"));
    blockSize
        .filter(n -> !FourBitMatrix.validBlockSize(n))
        .ifPresent(
            n -> {
              throw new UsageException(
                  "--block-size is " + n + "; expected a power of two from 32 to 4096");
            });
    return QuantizationConfig.fourBit(four, doubleQuant.orElse(true), all);
  }
}
