package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.Assets;
import dev.luthier.format.Json;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every family is planned from its outline, before there are weights. */
@Tag("interop")
class FamilyPlansTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_mlm",
        "bert_seqcls",
        "roberta_mlm",
        "distilbert_mlm",
        "t5_gated_gelu",
        "bloom",
        "falcon_40b",
        "gemma3_text",
        "gpt2",
        "gpt_neo",
        "mixtral",
        "opt",
        "phi2"
      })
  void blocks_and_parameters_have_their_bytes(String name) {
    Path folder = Assets.path("oracle-transformers/" + name);
    ObjectNode config = Json.read(folder.resolve("config.json"));
    MemoryPlan full = plan(config, Optional.empty(), Optional.empty());
    Transformer outline = Outline.of(config, name, Optional.empty());
    long weights = 4 * outline.parameters().all().values().stream().mapToLong(t -> t.numel()).sum();
    assertThat(full.weights()).isEqualTo(weights);
    assertThat(full.gradients()).isEqualTo(weights);
    assertThat(full.optimizer()).isGreaterThanOrEqualTo(2 * weights);
    assertThat(full.working()).isPositive();
    MemoryPlan qlora =
        plan(config, Optional.of(LoraSettings.defaults()), Optional.of(QuantSettings.defaults()));
    assertThat(qlora.weights()).isLessThan(weights);
    assertThat(qlora.adapters()).isPositive().isEqualTo(qlora.gradients());
  }

  private static MemoryPlan plan(
      ObjectNode config, Optional<LoraSettings> lora, Optional<QuantSettings> quant) {
    Workload job =
        new Workload(
            Outline.of(config, "a test", lora),
            lora,
            quant,
            TrainSettings.defaults(),
            ComputeDtype.FLOAT32,
            32,
            0);
    return new MemoryCount(job, false).plan(2, 1, StepLayout.recomputing(256));
  }
}
