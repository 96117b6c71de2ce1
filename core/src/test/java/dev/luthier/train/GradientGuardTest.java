package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Which tensors may have a gradient of zero in the first step. */
class GradientGuardTest {
  private static final String MIXTURE = "model.layers.3.block_sparse_moe.experts.";

  /** Adapters of two matrices of three experts, as they begin. */
  private static Map<String, Tensor> experts() {
    Map<String, Tensor> out = new TreeMap<>();
    for (int e = 0; e < 3; e++) {
      for (String matrix : List.of("w1", "w2")) {
        String path = MIXTURE + e + "." + matrix;
        out.put(path + ".lora_A.weight", Tensors.floats(new float[] {1}, Device.CPU, 1));
        out.put(path + ".lora_B.weight", Tensors.floats(new float[] {0}, Device.CPU, 1));
      }
    }
    return out;
  }

  private static String check(Map<String, Tensor> parameters, String... zero) {
    List<Gradients.Suspect> suspects = new ArrayList<>();
    for (String name : parameters.keySet()) {
      if (name.contains("lora_A")) {
        suspects.add(new Gradients.Suspect(name, Gradients.Fault.ZERO));
      }
    }
    for (String name : zero) {
      suspects.add(new Gradients.Suspect(MIXTURE + name + ".lora_B.weight", Gradients.Fault.ZERO));
    }
    StringBuilder said = new StringBuilder();
    GradientGuard.check(
        parameters,
        suspects,
        new TrainListener() {
          @Override
          public void message(String text) {
            said.append(text);
          }
        });
    return said.toString();
  }

  @Test
  void an_expert_that_was_given_no_token_may_learn_later() {
    assertThat(check(experts()))
        .isEqualTo(
            "gradient check: all 6 tensors learn; 6 LoRA A matrices are exempt while their B is"
                + " zero");
    assertThat(check(experts(), "1.w1", "1.w2"))
        .startsWith("gradient check: all 4 tensors learn;")
        .endsWith("; 2 of experts were given no token in this step");
  }

  @Test
  void a_part_of_an_expert_or_all_experts_that_learn_nothing_are_a_mistake() {
    assertThatThrownBy(() -> check(experts(), "1.w1"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("experts.1.w1.lora_B.weight has a gradient of zero");
    assertThatThrownBy(() -> check(experts(), "0.w1", "0.w2", "1.w1", "1.w2", "2.w1", "2.w2"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("experts.2.w2");
  }
}
