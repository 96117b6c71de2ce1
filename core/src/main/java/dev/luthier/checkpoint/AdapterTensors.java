package dev.luthier.checkpoint;

import dev.luthier.LuthierException;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.ModulePatterns;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * What a PEFT folder holds: pairs of low-rank matrices, and all else.
 *
 * @param pairs by the path of the layer that they change
 * @param others names of tensors that are in no pair: biases, whole modules, rows of tables
 */
public record AdapterTensors(Map<String, Pair> pairs, Set<String> others) {
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";

  /**
   * The update {@code s B A} of one matrix.
   *
   * @param readA (R, in), in a new tensor of the current scope
   * @param readB (out, R), likewise
   * @param scale s
   */
  public record Pair(
      Supplier<Tensor> readA, Supplier<Tensor> readB, long rank, long in, long out, double scale) {
    /** A (R, in), as it is stored, in a new tensor of the current scope. */
    public Tensor a() {
      return readA.get();
    }

    /** B (out, R), as it is stored, in a new tensor of the current scope. */
    public Tensor b() {
      return readB.get();
    }
  }

  /**
   * Looks into a folder; values are read when they are asked for.
   *
   * @throws LuthierException if it is no LoRA that we know, or a pair does not fit together
   */
  public static AdapterTensors read(Path folder) {
    LoraSettings lora = AdapterConfig.read(folder).lora();
    FileSource source = Adapters.source(folder);
    Map<String, Pair> pairs = new TreeMap<>();
    Set<String> others = new TreeSet<>(source.names());
    for (String name : source.names()) {
      if (name.endsWith(A)) {
        String path = name.substring(0, name.length() - A.length());
        pairs.put(path, pair(source, path, lora));
        others.remove(name);
        others.remove(path + B);
      }
    }
    return new AdapterTensors(pairs, others);
  }

  private static Pair pair(FileSource source, String path, LoraSettings lora) {
    long[] a = source.shape(path + A).orElseThrow();
    long[] b = source.shape(path + B).orElse(new long[0]);
    if (a.length != 2 || b.length != 2 || a[0] != b[1]) {
      throw new LuthierException(
          source.where()
              + ": lora_A and lora_B of "
              + path
              + " are no pair: expected (rank, in) and (out, rank)");
    }
    double alpha = ModulePatterns.find(lora.alphaPattern(), path, lora.alpha());
    double scale = lora.rsLora() ? alpha / Math.sqrt(a[0]) : alpha / a[0];
    return new Pair(
        () -> source.read(path + A), () -> source.read(path + B), a[0], a[1], b[0], scale);
  }
}
