package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.nn.LoraLayers;
import dev.luthier.tensor.Grad;
import dev.luthier.train.Gradients.Fault;
import dev.luthier.train.Gradients.Suspect;
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
 * are exempt, as are the rows of new tokens that the step has not met.
 */
final class GradientGuard {
  private static final Pattern EXPERT = Pattern.compile("\\.experts\\.(\\d+)\\.");

  private GradientGuard() {}

  static void check(
      Map<String, Tensor> parameters, List<Suspect> suspects, TrainListener listener) {
    Set<String> zero = new HashSet<>();
    for (Suspect suspect : suspects) {
      if (suspect.fault() == Fault.ZERO) {
        zero.add(suspect.name());
      }
    }
    List<String> bad = new ArrayList<>();
    int waiting = 0;
    int unchosen = 0;
    int unmet = 0;
    for (Suspect suspect : suspects) {
      String name = suspect.name();
      if (!zero.contains(name)) {
        bad.add(suspect.toString());
      } else if (waitsForB(parameters, name)) {
        waiting++;
      } else if (unchosen(parameters.keySet(), zero, name)) {
        unchosen++;
      } else if (LoraLayers.tokenModule(name).isPresent()) {
        unmet++;
      } else {
        bad.add(suspect.toString());
      }
    }
    if (!bad.isEmpty()) {
      throw new LuthierException(
          "after the first step these trained tensors have learnt nothing:\n  "
              + String.join("\n  ", bad)
              + "\nLeave them out (lora.targets, lora.exclude, lora.modulesToSave), or check the data."
              + " See docs/troubleshooting.md#no-gradient");
    }
    int exempt = waiting + unchosen + unmet;
    listener.message(
        exempt == 0
            ? "gradient check: all " + parameters.size() + " trained tensors learn"
            : "gradient check: all "
                + (parameters.size() - exempt)
                + " tensors learn"
                + said(waiting, "LoRA A matrices are exempt while their B is zero")
                + said(unchosen, "of experts were given no token in this step")
                + said(unmet, "of new tokens that this step has not met"));
  }

  private static String said(int count, String what) {
    return count == 0 ? "" : "; " + count + " " + what;
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
