package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Grad;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * After the first step every trained tensor must have a finite gradient that is not zero; a tensor
 * that silently never learns is the failure that nobody notices.
 */
final class GradientGuard {
  private GradientGuard() {}

  static void check(
      Map<String, Tensor> parameters, List<String> suspicious, TrainListener listener) {
    List<String> bad = new ArrayList<>();
    int exempt = 0;
    for (String line : suspicious) {
      if (line.endsWith("of zero") && waitsForB(parameters, line)) {
        exempt++;
      } else {
        bad.add(line);
      }
    }
    if (!bad.isEmpty()) {
      throw new LuthierException(
          "after the first step these trained tensors have learnt nothing:\n  "
              + String.join("\n  ", bad)
              + "\nLeave them out (lora.targets, lora.exclude, lora.modulesToSave), or check the data."
              + " See docs/troubleshooting.md#no-gradient");
    }
    if (exempt > 0) {
      listener.message(
          "gradient check: all "
              + (parameters.size() - exempt)
              + " tensors learn; "
              + exempt
              + " LoRA A matrices are exempt while their B is zero");
    } else {
      listener.message("gradient check: all " + parameters.size() + " trained tensors learn");
    }
  }

  /** A's gradient passes through B, which starts at zero. */
  private static boolean waitsForB(Map<String, Tensor> parameters, String line) {
    String name = line.substring(0, line.indexOf(' '));
    if (!name.endsWith(".lora_A.weight")) {
      return false;
    }
    Tensor b = parameters.get(name.replace(".lora_A.", ".lora_B."));
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      return b != null && !b.any().item_bool();
    }
  }
}
