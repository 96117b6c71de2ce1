package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.train.StepPlanner.Plan;
import dev.luthier.train.StepPlanner.Request;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepPlannerTest {
  private static final long MIB = 1 << 20;

  /** TinyLlama's shape with 6 of its 22 blocks: 395 million parameters. */
  private static Transformer model(boolean tied, Optional<LoraSettings> lora) {
    ObjectNode config =
        Json.parse(
            """
            {"model_type": "llama", "vocab_size": 32000, "hidden_size": 2048,
             "intermediate_size": 5632, "num_hidden_layers": 6, "num_attention_heads": 32,
             "num_key_value_heads": 4, "max_position_embeddings": 2048}""",
            "test");
    return Outline.of(config.put("tie_word_embeddings", tied), "test", lora);
  }

  /** A run whose steps are 4 x 2 sequences of 512 tokens, on a machine of 3 GiB. */
  private static Request request(String method, String... settings) {
    Settings memory = new Settings();
    Settings train = new Settings().set("dtype=bfloat16");
    for (String setting : settings) {
      if (setting.startsWith("memory.")) {
        memory.set(setting.substring("memory.".length()));
      } else if (!List.of("stream", "tied").contains(setting)) {
        train.set(setting);
      }
    }
    Optional<LoraSettings> lora =
        method.equals("full") ? Optional.empty() : Optional.of(LoraSettings.defaults());
    Workload job =
        new Workload(
            model(List.of(settings).contains("tied"), lora),
            lora,
            method.equals("qlora") ? Optional.of(QuantSettings.defaults()) : Optional.empty(),
            train.bind(TrainSettings.class),
            ComputeDtype.BFLOAT16,
            512,
            20 << 20);
    return new Request(
        job,
        List.of(settings).contains("stream"),
        memory.bind(MemorySettings.class),
        Path.of("scratch"),
        3L << 30);
  }

  private static Request budget(String method, long mib, String... settings) {
    return request(
        method,
        Stream.concat(Stream.of("memory.budget=" + mib + "MiB"), Stream.of(settings))
            .toArray(String[]::new));
  }

  private static double cost(String method, Plan plan) {
    return new StepPlanner(request(method)).cost(plan);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "qlora", "full"})
  void the_same_request_gets_the_same_plan(String method) {
    Request request = budget(method, 20_000, "memory.fit=true");
    Plan plan = StepPlanner.plan(request);
    assertThat(StepPlanner.plan(request)).isEqualTo(plan);
    assertThat(plan.memory())
        .isEqualTo(
            new MemoryCount(request.job(), plan.stream())
                .plan(plan.microBatchSize(), plan.gradientAccumulation(), plan.layout()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "qlora", "full"})
  void within_a_budget_less_memory_is_never_faster_nor_another_step(String method) {
    double before = 0;
    int fitting = 0;
    for (long mib = 20_000; mib > 400; mib = mib * 4 / 5) {
      Plan plan;
      try {
        plan = StepPlanner.plan(budget(method, mib, "memory.fit=true"));
      } catch (LuthierException e) {
        break;
      }
      fitting++;
      assertThat(plan.memory().total()).as(mib + " MiB").isLessThanOrEqualTo(mib * MIB);
      assertThat(plan.microBatchSize() * plan.gradientAccumulation()).isEqualTo(8);
      assertThat(cost(method, plan)).as(mib + " MiB").isGreaterThanOrEqualTo(before);
      before = cost(method, plan);
    }
    assertThat(fitting).isGreaterThanOrEqualTo(5);
  }

  @Test
  void what_the_settings_fix_stays_fixed() {
    Plan plan =
        StepPlanner.plan(
            request(
                "lora",
                "memory.keptBlocks=3",
                "memory.order=by-block",
                "memory.savedInputs=disk",
                "stream"));
    assertThat(plan.layout().keptBlocks()).isEqualTo(3);
    assertThat(plan.layout().byBlock()).isTrue();
    assertThat(plan.layout().spill()).contains(Path.of("scratch"));
    assertThat(plan.stream()).isTrue();
    assertThat(plan.microBatchSize()).isEqualTo(4);
    Plan more = StepPlanner.plan(request("lora", "memory.keptBlocks=99", "memory.order=by-batch"));
    assertThat(more.layout().keptBlocks()).isEqualTo(6);
    assertThat(more.layout().byBlock()).isFalse();
  }

  @Test
  void without_fit_only_the_layout_is_chosen() {
    for (long mib = 3_000; mib > 1_400; mib -= 200) {
      Plan plan = StepPlanner.plan(budget("lora", mib));
      assertThat(plan.microBatchSize()).isEqualTo(4);
      assertThat(plan.stream()).isFalse();
      assertThat(plan.layout().spill()).isEmpty();
    }
  }

  @Test
  void blocks_are_kept_as_far_as_the_memory_goes() {
    int kept = 6;
    for (long mib = 3_000; mib > 1_500; mib -= 250) {
      int now = StepPlanner.plan(budget("lora", mib)).layout().keptBlocks();
      assertThat(now).as(mib + " MiB").isLessThanOrEqualTo(kept);
      kept = now;
    }
    assertThat(StepPlanner.plan(budget("lora", 3_000)).layout().keptBlocks()).isEqualTo(6);
    assertThat(kept).isBetween(1, 5);
    long none =
        StepPlanner.plan(request("lora", "memory.keptBlocks=0", "memory.order=by-batch"))
            .memory()
            .total();
    Plan least = StepPlanner.plan(budget("lora", none / MIB + 1));
    assertThat(least.layout().keptBlocks()).isZero();
  }

  @Test
  void weights_that_cost_something_to_bring_in_go_by_block() {
    Plan quantized = StepPlanner.plan(request("qlora", "memory.keptBlocks=0"));
    assertThat(quantized.layout().byBlock()).isTrue();
    Plan streamed = StepPlanner.plan(request("lora", "memory.keptBlocks=0", "stream"));
    assertThat(streamed.layout().byBlock()).isTrue();
    Plan resident = StepPlanner.plan(request("lora", "memory.keptBlocks=0"));
    assertThat(resident.layout().byBlock()).isFalse();
    Plan one = StepPlanner.plan(request("qlora", "gradientAccumulation=1"));
    assertThat(one.layout().byBlock()).isFalse();
  }

  @Test
  void the_order_hangs_on_memory_only_where_it_does_not_move_the_gradients() {
    String none = "memory.keptBlocks=0";
    assertThat(StepPlanner.plan(budget("full", 20_000, none)).layout().byBlock()).isTrue();
    assertThat(StepPlanner.plan(budget("full", 20_000, none, "tied")).layout().byBlock()).isFalse();
    assertThat(StepPlanner.plan(budget("qlora", 20_000, none, "tied")).layout().byBlock()).isTrue();
  }

  @Test
  void logits_exist_for_as_many_tokens_whatever_the_budget() {
    for (long mib : new long[] {9_000, 1_000}) {
      Plan plan = StepPlanner.plan(budget("lora", mib, "memory.fit=true"));
      assertThat(plan.layout().headRows()).isEqualTo(Head.chunk(32000));
    }
  }

  @Test
  void updates_on_the_way_back_go_by_block() {
    Plan plan =
        StepPlanner.plan(
            request("full", "updateInBackward=true", "maxGradNorm=0", "memory.order=by-batch"));
    assertThat(plan.layout().byBlock()).isTrue();
  }

  @Test
  void weights_that_do_not_fit_are_streamed_if_they_may_be() {
    assertThatThrownBy(() -> StepPlanner.plan(budget("lora", 1_100)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("fits the budget of 1,100 MiB")
        .hasMessageContaining("With --fit this one would be used")
        .hasMessageContaining("frozen weights streamed from the disk");
    Plan plan = StepPlanner.plan(budget("lora", 1_100, "memory.fit=true"));
    assertThat(plan.stream()).isTrue();
    assertThat(StepPlanner.plan(budget("qlora", 1_100, "memory.fit=true")).stream()).isFalse();
  }

  @Test
  void a_refusal_names_the_least_budget_that_would_do() {
    AtomicReference<String> words = new AtomicReference<>("");
    assertThatThrownBy(() -> StepPlanner.plan(budget("lora", 1_200)))
        .satisfies(e -> words.set(e.getMessage()));
    Matcher smallest = Pattern.compile("the smallest takes ([\\d,]+) MiB").matcher(words.get());
    assertThat(smallest.find()).as(words.get()).isTrue();
    long mib = Long.parseLong(smallest.group(1).replace(",", ""));
    StepPlanner.plan(budget("lora", mib));
    assertThatThrownBy(() -> StepPlanner.plan(budget("lora", mib - 1)))
        .isInstanceOf(LuthierException.class);
  }

  @Test
  void what_nothing_fits_is_refused_with_its_largest_parts() {
    assertThatThrownBy(() -> StepPlanner.plan(budget("full", 4_000, "memory.fit=true")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("the largest parts are optimizer")
        .hasMessageNotContaining("--fit")
        .hasMessageContaining("docs/troubleshooting.md#memory");
  }

  @Test
  void what_even_fit_cannot_help_is_refused_in_the_same_words_with_it_and_without() {
    assertThatThrownBy(() -> StepPlanner.plan(budget("lora", 800, "memory.fit=true")))
        .satisfies(
            with ->
                assertThatThrownBy(() -> StepPlanner.plan(budget("lora", 800)))
                    .hasMessage(with.getMessage()));
  }

  @Test
  void without_a_budget_half_of_the_machine_is_the_limit_and_nothing_is_refused() {
    Plan plan = StepPlanner.plan(request("lora"));
    assertThat(plan.memory().total()).isLessThanOrEqualTo(3L << 29);
    assertThat(plan.layout().keptBlocks()).isBetween(1, 5);
    Plan full = StepPlanner.plan(request("full"));
    assertThat(full.memory().total()).isGreaterThan(3L << 29);
    assertThat(full.layout().keptBlocks()).isZero();
  }
}
