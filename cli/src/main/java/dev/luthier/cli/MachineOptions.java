package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.tensor.ComputeDtype;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What to compute on, in which number format, with how many threads. */
final class MachineOptions {
  @Option(names = "--device", paramLabel = "DEVICE", description = "cpu (default), cuda:N or mps.")
  Optional<String> device = Optional.empty();

  @Option(
      names = "--dtype",
      paramLabel = "DTYPE",
      description = "What to compute in: float32 (default) or bfloat16; f32 and bf16 for short.")
  Optional<String> dtype = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; one per core by default.")
  Optional<Integer> threads = Optional.empty();

  /** Returns the number format asked for. */
  Optional<ComputeDtype> computeDtype() {
    return dtype.map(MachineOptions::parse);
  }

  private static ComputeDtype parse(String word) {
    try {
      return ComputeDtype.fromSetting(word);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--dtype " + word + ": expected " + e.getMessage());
    }
  }
}
