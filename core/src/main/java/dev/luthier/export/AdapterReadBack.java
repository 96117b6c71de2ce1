package dev.luthier.export;

import dev.luthier.checkpoint.AdapterTensors.Pair;
import dev.luthier.checkpoint.GgufRows;
import dev.luthier.checkpoint.GgufValues;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufType;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An adapter's file read back: what each of its pairs makes of a random input, {@code alpha / R B
 * (A x)}, against what the original's makes of it, {@code s B (A x)} in the file's order of rows.
 *
 * @param matrices of the base that were compared
 * @param worst length of the difference over the length of the original
 * @param differences those that are missing, or off by more than their type explains
 */
record AdapterReadBack(int matrices, double worst, List<String> differences) {
  AdapterReadBack {
    differences = List.copyOf(differences);
  }

  static AdapterReadBack of(GgufLora.Parts parts, Path file) {
    Reader reader = new Reader(parts.rows(), Gguf.open(file));
    parts.places().forEach((name, pairs) -> pairs.forEach((e, pair) -> reader.at(name, e, pair)));
    long stored = reader.gguf.tensors().keySet().stream().filter(n -> n.endsWith(A)).count();
    if (stored != parts.places().size()) {
      reader.differences.add(
          "the file changes " + stored + " tensors, the adapter " + parts.places().size());
    }
    return new AdapterReadBack(reader.matrices, reader.worst, reader.differences);
  }

  private static final String A = ".lora_a";
  private static final String B = ".lora_b";

  /** Goes through the pairs. */
  private static final class Reader {
    private final GgufRows rows;
    private final Gguf gguf;
    private final double alpha;
    private final List<String> differences = new ArrayList<>();
    private int matrices;
    private double worst;

    Reader(GgufRows rows, Gguf gguf) {
      this.rows = rows;
      this.gguf = gguf;
      this.alpha = gguf.metadata().number("adapter.lora.alpha").orElse(Double.NaN);
    }

    /**
     * Compares a pair.
     *
     * @param expert which of the matrices that are stacked; -1 where none are
     */
    void at(String name, int expert, Pair pair) {
      Optional<GgufTensor> a = gguf.tensor(name + A);
      Optional<GgufTensor> b = gguf.tensor(name + B);
      matrices++;
      if (a.isEmpty() || b.isEmpty()) {
        differences.add(name + " has no " + (a.isEmpty() ? "lora_a" : "lora_b"));
        return;
      }
      double off = off(name, pair, part(a.get(), expert), part(b.get(), expert));
      worst = Double.isNaN(off) ? off : Math.max(worst, off);
      double most = 2 * Math.max(most(a.get().type()), most(b.get().type()));
      if (!(off <= most)) {
        differences.add(String.format(Locale.ROOT, "%s is off by %.2g of what it adds", name, off));
      }
    }

    private static double most(GgufType type) {
      return StoredComparison.most(type);
    }

    private static GgufTensor part(GgufTensor tensor, int expert) {
      return expert < 0 ? tensor : tensor.part(expert);
    }

    private double off(String name, Pair pair, GgufTensor storedA, GgufTensor storedB) {
      try (PointerScope scope = new PointerScope();
          Grad none = Grad.off()) {
        Tensor x =
            torch.empty(
                new long[] {pair.in(), 1}, Tensors.options(ScalarType.Float, Device.CPU), null);
        x.normal_(0, 1, new GeneratorOptional(Seeds.generator(1, name.hashCode())));
        Tensor b = rows.stored(name, pair.b()).to(ScalarType.Float);
        Tensor ours = b.mm(pair.a().to(ScalarType.Float).mm(x)).mul(Tensors.scalar(pair.scale()));
        Tensor a = GgufValues.floats(storedA);
        double scale = alpha / a.size(0);
        Tensor theirs = GgufValues.floats(storedB).mm(a.mm(x)).mul(Tensors.scalar(scale));
        double length = ours.norm().item_double();
        double difference = ours.sub(theirs).norm().item_double();
        return difference == 0 ? 0 : difference / length;
      }
    }
  }
}
