package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.ChildJvm;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.format.Json;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Memory;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a step is planned to hold beside the model, against what a process really takes more that
 * does nothing else.
 */
@Tag("acceptance")
class FamilyMemoryTest {
  private static final int ROWS = 3;
  private static final int LENGTH = 768;

  /** What libtorch and Java take meanwhile, which the plan's process part has room for. */
  private static final long ELSE = 16 << 20;

  private static final String LLAMA =
      """
      "vocab_size": 512, "hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 2,
      "num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 1024,
      "pad_token_id": 0""";

  private static final String GPT =
      """
      "vocab_size": 512, "hidden_size": 512, "n_embd": 512, "num_hidden_layers": 2, "n_layer": 2,
      "num_attention_heads": 8, "n_head": 8, "n_positions": 1024,
      "max_position_embeddings": 1024""";

  @BeforeAll
  static void memoryIsTold() {
    assumeTrue(Memory.resetPeak() && Memory.resident() > 0);
  }

  static Stream<Arguments> families() {
    return Stream.of(
        Arguments.of("qwen2", LLAMA),
        Arguments.of("qwen3", LLAMA + ", \"head_dim\": 64"),
        Arguments.of("phi3", LLAMA),
        Arguments.of("gemma2", LLAMA + ", \"head_dim\": 64, \"attn_logit_softcapping\": 50.0"),
        Arguments.of("mixtral", LLAMA + ", \"num_local_experts\": 4"),
        Arguments.of("gpt2", GPT),
        Arguments.of("gptj", GPT + ", \"rotary_dim\": 32"),
        Arguments.of("falcon", GPT + ", \"new_decoder_architecture\": true, \"num_kv_heads\": 2"),
        Arguments.of("bloom", GPT));
  }

  @ParameterizedTest
  @MethodSource("families")
  void a_step_takes_what_is_planned(String type, String sizes) throws Exception {
    ObjectNode config = Json.parse("{\"model_type\": \"" + type + "\", " + sizes + "}", type);
    MemoryPlan plan = plan(config);
    long planned = plan.savedInputs() + plan.working() + plan.head();
    long taken = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // what Java takes beside a step comes and goes, and only adds
      taken = Math.min(taken, Long.parseLong(ChildJvm.run(Child.class, config.toString())));
    }
    assertThat(taken).isBetween(planned * 3 / 4, planned + ELSE);
  }

  /** Prints what a step of a configuration takes. */
  static final class Child {
    private Child() {}

    public static void main(String[] config) {
      System.out.println(taken(Json.parse(config[0], "the configuration")));
    }
  }

  private static MemoryPlan plan(ObjectNode config) {
    Optional<LoraSettings> lora = Optional.of(LoraSettings.defaults());
    Workload job =
        new Workload(
            Outline.of(config, "test", lora),
            lora,
            Optional.empty(),
            TrainSettings.defaults(),
            ComputeDtype.FLOAT32,
            LENGTH,
            0);
    return new MemoryCount(job, false).plan(ROWS, 1, StepLayout.recomputing(512));
  }

  /** What a step takes, after one over a few tokens. */
  private static long taken(ObjectNode config) {
    Transformer model =
        new ModelLoader(ComputeDtype.FLOAT32, Device.CPU)
            .patterned(config, Optional.of(LoraSettings.defaults()), 1)
            .transformer();
    Batch batch = batch(ROWS, LENGTH);
    StepHeap.prepare(model, batch);
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    step.forwardBackward(batch(1, 32), Objective.crossEntropy(), 1, 1);
    System.gc();
    Memory.trim();
    long before = Memory.resident();
    Memory.resetPeak();
    step.forwardBackward(batch, Objective.crossEntropy(), 1, 1);
    return Memory.peakResident() - before;
  }

  private static Batch batch(int rows, int length) {
    SplittableRandom random = new SplittableRandom(1);
    long[][] ids = new long[rows][length];
    for (long[] row : ids) {
      for (int t = 0; t < length; t++) {
        row[t] = random.nextInt(512);
      }
    }
    return Batch.of(ids, ids);
  }
}
