package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Grad;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * After the first step every trained tensor must have a finite gradient that is not zero; a tensor
 * that silently never learns is the failure that nobody notices. Experts that were given no token
 * are exempt.
 */
final class GradientGuard {
  private static final Pattern EXPERT = Pattern.compile("\\.experts\\.(\\d+)\\.");

  private GradientGuard() {}

  static void check(
      Map<String, Tensor> parameters, List<String> suspicious, TrainListener listener) {
    List<String> bad = new ArrayList<>();
    Set<String> zero = new HashSet<>();
    suspicious.stream().filter(GradientGuard::isZero).forEach(line -> zero.add(name(line)));
    int exempt = 0;
    int unchosen = 0;
    for (String line : suspicious) {
      if (isZero(line) && waitsForB(parameters, name(line))) {
        exempt++;
      } else if (zero.contains(name(line)) && unchosen(parameters.keySet(), zero, name(line))) {
        unchosen++;
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
    String rest =
        exempt > 0 ? "; " + exempt + " LoRA A matrices are exempt while their B is zero" : "";
    rest += unchosen > 0 ? "; " + unchosen + " of experts were given no token in this step" : "";
    listener.message(
        rest.isEmpty()
            ? "gradient check: all " + parameters.size() + " trained tensors learn"
            : "gradient check: all "
                + (parameters.size() - exempt - unchosen)
                + " tensors learn"
                + rest);
  }

  private static boolean isZero(String line) {
    return line.endsWith("of zero");
  }

  private static String name(String line) {
    return line.substring(0, line.indexOf(' '));
  }

  /**
   * Whether the tensor is of an expert that was given no token: all of it has no gradient, while
   * another expert of its block has one.
   */
  private static boolean unchosen(Set<String> trained, Set<String> zero, String name) {
    Matcher expert = EXPERT.matcher(name);
    if (!expert.find()) {
      return false;
    }
    String mixture = name.substring(0, expert.start(1));
    String own = name.substring(0, expert.end());
    return trained.stream().filter(n -> n.startsWith(own)).allMatch(zero::contains)
        && trained.stream().filter(n -> n.startsWith(mixture)).anyMatch(n -> !zero.contains(n));
  }

  /** A's gradient passes through B, which starts at zero. */
  private static boolean waitsForB(Map<String, Tensor> parameters, String name) {
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
