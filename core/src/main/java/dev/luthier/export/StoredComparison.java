package dev.luthier.export;

import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.GgufType;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The tensors of a file as our reader gives them back, against those that it was made of. A matrix
 * with its rows in another order is off by more than its own length.
 *
 * @param tensors that were compared
 * @param worst length of the difference over the length of the original
 * @param differences those that are missing, or off by more than their type explains
 */
record StoredComparison(int tensors, double worst, List<String> differences) {
  StoredComparison {
    differences = List.copyOf(differences);
  }

  /**
   * Compares them one after another.
   *
   * @param model what was exported, an adapter multiplied in
   * @param names those of its tensors that files store
   */
  static StoredComparison of(ModelTensors model, Set<String> names, Path gguf) {
    ModelTensors back = ModelTensors.of(gguf);
    Gguf file = Gguf.open(gguf);
    GgufFamily family = GgufFamily.of(file);
    List<String> differences = new ArrayList<>();
    double worst = 0;
    for (String name : names) {
      if (!back.names().contains(name)) {
        differences.add(name + " is missing");
        continue;
      }
      GgufType type =
          family
              .place(name)
              .flatMap(p -> file.tensor(p.name()))
              .map(GgufTensor::type)
              .orElse(GgufType.F32);
      double off = off(model, back, name);
      worst = Double.isNaN(off) ? off : Math.max(worst, off);
      if (!(off <= most(type))) {
        differences.add(
            String.format(Locale.ROOT, "%s (%s) is off by %.2g of its length", name, type, off));
      }
    }
    return new StoredComparison(names.size(), worst, differences);
  }

  private static double off(ModelTensors model, ModelTensors back, String name) {
    try (PointerScope scope = new PointerScope();
        Grad none = Grad.off()) {
      Tensor a = Tensors.cast(model.read(name), ScalarType.Float);
      Tensor b = Tensors.cast(back.read(name), ScalarType.Float);
      double length = a.norm().item_double();
      double difference = a.sub(b).norm().item_double();
      return difference == 0 ? 0 : difference / length;
    }
  }

  /** Several times what rounding matrices of normal numbers costs. */
  static double most(GgufType type) {
    double bits = 8.0 * type.blockBytes() / type.blockValues();
    return switch ((int) bits) {
      case 2 -> 0.8;
      case 3, 4 -> 0.4;
      case 5 -> 0.2;
      case 6, 7 -> 0.1;
      case 8 -> 0.03;
      case 16 -> 0.01;
      default -> 1e-4; // norms are stored with 1 added, or less 1
    };
  }
}
