package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.recipe.PreferenceMethod;
import dev.luthier.recipe.PreferenceRun;
import dev.luthier.recipe.PreferenceSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.demo.Sentence;
import dev.luthier.recipe.demo.SentenceGrammar;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Small models learn to prefer Yoda-speak. */
class PreferenceCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path shared = Path.of("");
  private static Path model = Path.of("");
  private static Path pairs = Path.of("");

  @TempDir private Path temp = Path.of("");

  @BeforeAll
  static void make() throws IOException {
    model = TinyModels.pretrained(shared);
    pairs = pairs(shared.resolve("pairs.jsonl"), 24);
  }

  private static Path pairs(Path file, int count) throws IOException {
    SentenceGrammar grammar = new SentenceGrammar(4);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Sentence s = grammar.next();
      lines.add(
          JSON.writeValueAsString(
              JSON.createObjectNode()
                  .put("prompt", s.plain())
                  .put("chosen", s.yoda())
                  .put("rejected", s.plain())));
    }
    return Files.write(file, lines);
  }

  private Cli run(String verb, String name, String... more) {
    List<String> words = new ArrayList<>(List.of(verb, "--model", model.toString()));
    words.addAll(List.of("--data", pairs.toString()));
    words.addAll(List.of("--output", temp.resolve(name).toString()));
    words.addAll(List.of("--set", "data.maxLength=128", "--set", "train.microBatchSize=2"));
    words.addAll(List.of("--set", "train.maxSteps=6", "--set", "lora.rank=4"));
    words.addAll(List.of("--set", "train.learningRate=1e-2"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private List<JsonNode> metrics(String name) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (String line : Files.readAllLines(temp.resolve(name).resolve("metrics.jsonl"))) {
      out.add(JSON.readTree(line));
    }
    return out;
  }

  private static double at(JsonNode line, String name) {
    assertThat(line.has(name)).as(name).isTrue();
    return line.get(name).asDouble();
  }

  @Test
  void dpo_widens_the_margin_from_exactly_nothing() throws IOException {
    Cli run = run("dpo", "a", "--eval-data", pairs.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("loss: sigmoid, beta 0.1")
        .containsPattern("reference: .*base, the weights that training begins from \\(SHA-256 ");
    assertThat(run.out()).contains("dpo finished").containsPattern("rewards/accuracies +0.0000 ");
    List<JsonNode> lines = metrics("a");
    assertThat(at(lines.get(0), "eval_loss")).isEqualTo(Math.log(2));
    assertThat(at(lines.get(1), "rewards/margins")).isZero();
    JsonNode last = lines.get(lines.size() - 1);
    assertThat(at(last, "eval_rewards/accuracies")).isGreaterThan(0.9);
    assertThat(at(last, "eval_loss")).isLessThan(0.65);
  }

  @ParameterizedTest
  @EnumSource(PreferenceMethod.class)
  void every_verb_learns_and_writes_an_adapter(PreferenceMethod method) throws IOException {
    String verb = method.toString();
    Cli run = run(verb, verb, "--json");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(JSON.readTree(run.out()).path("status").asText()).isEqualTo("finished");
    List<JsonNode> lines = metrics(verb);
    if (method != PreferenceMethod.KTO) { // whose divergence moves with its rewards
      assertThat(at(lines.get(5), "loss")).isLessThan(at(lines.get(1), "loss"));
    }
    if (method != PreferenceMethod.ORPO) { // most of whose loss is the cross-entropy
      assertThat(at(lines.get(5), "rewards/margins"))
          .isGreaterThan(at(lines.get(0), "rewards/margins"));
    }
    assertThat(temp.resolve(verb).resolve("adapter_model.safetensors")).exists();
    assertThat(Files.readString(temp.resolve(verb).resolve("README.md"))).contains(verb);
  }

  @ParameterizedTest
  @CsvSource({"DPO, lora", "KTO, lora", "DPO, full", "ORPO, full"})
  void a_run_that_was_stopped_ends_as_if_it_had_not_been(PreferenceMethod method, String weights)
      throws IOException {
    go(method, weights, "whole", false, Long.MAX_VALUE);
    go(method, weights, "cut", false, 3);
    assertThat(temp.resolve("cut/checkpoints/step-3")).exists();
    go(method, weights, "cut", true, Long.MAX_VALUE);
    String file = weights.equals("full") ? "model.safetensors" : "adapter_model.safetensors";
    assertThat(temp.resolve("cut").resolve(file))
        .hasSameBinaryContentAs(temp.resolve("whole").resolve(file));
    List<JsonNode> whole = metrics("whole");
    List<JsonNode> cut = metrics("cut");
    for (int i = 0; i < whole.size(); i++) {
      assertThat(at(cut.get(i), "rewards/margins")).isEqualTo(at(whole.get(i), "rewards/margins"));
    }
  }

  private void go(PreferenceMethod method, String weights, String to, boolean resume, long stop) {
    Settings all = new Settings();
    all.set("model=" + model).set("data.train=" + pairs).set("output=" + temp.resolve(to));
    all.set("method=" + weights).set("data.maxLength=128").set("data.packing=false");
    all.set("train.microBatchSize=2").set("train.maxSteps=5").set("lora.rank=4");
    all.set("train.learningRate=3e-3");
    long[] done = {0};
    TrainListener counting =
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            done[0] = metrics.step();
          }
        };
    PreferenceRun.run(
        method, all.bind(PreferenceSettings.class), resume, () -> done[0] >= stop, counting);
  }

  @Test
  void a_reference_that_is_computed_before_gives_the_same_losses() throws IOException {
    assertThat(run("dpo", "in-step").code()).isZero();
    Cli before = run("dpo", "before", "--set", "reference.precompute=true");
    assertThat(before.code()).as(before.err()).isZero();
    assertThat(before.err()).contains("reference: computing its log-probabilities");
    assertThat(temp.resolve("before/reference.jsonl")).exists();
    List<JsonNode> a = metrics("in-step");
    List<JsonNode> b = metrics("before");
    for (int i = 0; i < a.size(); i++) {
      assertThat(at(b.get(i), "loss")).isCloseTo(at(a.get(i), "loss"), within(1e-5));
    }
    String cache = "reference.cache=" + temp.resolve("before/reference.jsonl");
    Cli again = run("dpo", "again", "--set", "reference.precompute=true", "--set", cache);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.err()).doesNotContain("computing its log-probabilities");
    Cli other =
        run(
            "dpo",
            "other",
            "--reference",
            model.toString(),
            "--dtype",
            "bfloat16",
            "--set",
            "reference.precompute=true",
            "--set",
            cache);
    assertThat(other.code()).isEqualTo(Program.FAILED);
    assertThat(other.err()).contains("reference.cache");
  }

  @Test
  void an_adapter_is_begun_from_and_is_the_reference_unless_another_is_named() throws IOException {
    Cli sft =
        Cli.run(
            "sft",
            "--model",
            model.toString(),
            "--data",
            TinyModels.rows(temp.resolve("r"), 20).toString(),
            "--output",
            temp.resolve("sft").toString(),
            "--set",
            "train.maxSteps=4",
            "--set",
            "lora.rank=4",
            "--set",
            "lora.dropout=0.1",
            "--set",
            "data.maxLength=128",
            "--set",
            "train.learningRate=5e-3");
    assertThat(sft.code()).as(sft.err()).isZero();
    String adapter = temp.resolve("sft").toString();
    Cli run = run("dpo", "tuned", "--adapter", adapter);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("reference: " + adapter + " over " + model);
    assertThat(at(metrics("tuned").get(0), "rewards/chosen")).isZero();
    Cli base = run("dpo", "base", "--adapter", adapter, "--reference", "base");
    assertThat(base.code()).as(base.err()).isZero();
    assertThat(base.err()).contains("reference: " + model + " (SHA-256");
    assertThat(at(metrics("base").get(0), "rewards/chosen")).isNotZero();
    Cli other = run("dpo", "other", "--reference", adapter);
    assertThat(other.code()).as(other.err()).isZero();
    assertThat(at(metrics("other").get(0), "rewards/chosen"))
        .isCloseTo(-at(metrics("base").get(0), "rewards/chosen"), within(0.5));
    Cli none = run("dpo", "none", "--reference", "none");
    assertThat(none.err()).contains("reference: none");
    JsonNode first = metrics("none").get(0);
    assertThat(at(first, "rewards/chosen"))
        .isCloseTo(0.1 * at(first, "logps/chosen"), within(1e-9));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dpo | --loss=sigmoid,nonsense=2 | has no loss 'nonsense'; it has apo_down, apo_zero",
        "dpo | --loss=sft | prefers nothing",
        "orpo | --loss=sigmoid | orpo has no loss 'sigmoid'; it has odds_ratio, sft",
        "orpo | --reference=base | Unknown option: '--reference=base'",
        "orpo | --set=reference.model=base | orpo has no reference",
        "kto | --reference=none | needs a reference",
        "dpo | --reference=adapter | add --adapter DIR",
        "dpo | --reference=nowhere | 'nowhere', which does not exist",
        "dpo | --set=lora.dropout=0.1 | lora.dropout is 0.1",
        "dpo | --set=data.overflow=split | would part an answer from its prompt",
        "dpo | --beta=0 | loss.beta is 0",
        "dpo | --set=eval.everySteps=2 | nothing to evaluate on",
      })
  void what_cannot_be_meant_is_refused(String verb, String option, String message) {
    Cli run = run(verb, "x", option);
    assertThat(run.code()).isEqualTo(Program.WRONG_USE);
    assertThat(run.err()).contains(message);
    assertThat(temp.resolve("x")).doesNotExist();
  }

  @Test
  void an_unknown_metric_is_named_with_those_there_are() {
    Cli run = run("dpo", "m", "--eval-data", pairs.toString(), "--set", "eval.metric=reward");
    assertThat(run.code()).isEqualTo(Program.WRONG_USE);
    assertThat(run.err()).contains("eval.metric is 'reward'").contains("rewards/accuracies");
  }

  @Test
  void the_best_checkpoint_may_be_told_by_another_figure_than_the_loss() throws IOException {
    Cli run =
        run(
            "dpo",
            "best",
            "--eval-data",
            pairs.toString(),
            "--set",
            "eval.everySteps=2",
            "--set",
            "eval.metric=rewards/margins",
            "--json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode result = JSON.readTree(run.out());
    double best = 0;
    for (JsonNode line : metrics("best")) {
      best = Math.max(best, line.path("eval_rewards/margins").asDouble());
    }
    assertThat(result.path("eval_rewards/margins").asDouble()).isEqualTo(best).isPositive();
  }

  @Test
  void rows_without_preferences_are_refused_by_number() throws IOException {
    Path rows = TinyModels.rows(temp.resolve("rows.jsonl"), 5);
    Cli run =
        Cli.run(
            "dpo",
            "--model",
            model.toString(),
            "--data",
            rows.toString(),
            "--output",
            temp.resolve("y").toString());
    assertThat(run.code()).isEqualTo(Program.FAILED);
    assertThat(run.err()).contains("rows 1, 2").contains("expected chosen and rejected answers");
  }

  @ParameterizedTest
  @CsvSource({"dpo", "kto"})
  void a_prepared_set_is_learnt_from_like_its_file(String verb) throws IOException {
    Path set = temp.resolve("set");
    Cli prepared =
        Cli.run(
            "data",
            "prepare",
            "--model",
            model.toString(),
            "--data",
            pairs.toString(),
            "--output",
            set.toString(),
            "--set",
            "data.maxLength=128");
    assertThat(prepared.code()).as(prepared.err()).isZero();
    Cli run =
        Cli.run(
            verb,
            "--model",
            model.toString(),
            "--data",
            set.toString(),
            "--output",
            temp.resolve("p").toString(),
            "--set",
            "data.maxLength=128",
            "--set",
            "train.maxSteps=6",
            "--set",
            "lora.rank=4",
            "--set",
            "train.learningRate=1e-2");
    assertThat(run.code()).as(run.err()).isZero();
    List<JsonNode> lines = metrics("p");
    assertThat(at(lines.get(0), "loss"))
        .isCloseTo(verb.equals("dpo") ? Math.log(2) : 0.5, within(1e-9));
    assertThat(at(lines.get(5), "rewards/margins")).isPositive();
  }

  @Test
  void a_warning_says_when_both_kinds_of_answer_become_less_likely() {
    Cli run =
        run(
            "dpo",
            "w",
            "--set",
            "train.maxSteps=60",
            "--set",
            "train.learningRate=0.02",
            "--set",
            "loss.beta=0.5");
    assertThat(run.code()).as(run.err()).isZero();
    String once = "warning: the log-probabilities of chosen and of rejected answers both fall";
    assertThat(run.err().split(once, -1)).hasSize(2);
    assertThat(run.err().toLowerCase(Locale.ROOT)).contains("docs/preferences.md#both-fall");
  }
}
