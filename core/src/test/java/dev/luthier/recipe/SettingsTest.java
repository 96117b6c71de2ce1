package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.data.DataSettings;
import dev.luthier.nn.LoraSettings;
import dev.luthier.train.ScheduleKind;
import dev.luthier.train.TrainSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  private static Settings required() {
    return new Settings()
        .yaml("model: base\noutput: out\ndata:\n  train: rows.jsonl\n", "run.yaml");
  }

  @Test
  void what_is_not_set_has_its_default() {
    SftSettings sft = required().bind(SftSettings.class);
    assertThat(sft.model()).isEqualTo(Path.of("base"));
    assertThat(sft.data().train()).contains(Path.of("rows.jsonl"));
    assertThat(sft.train()).isEqualTo(TrainSettings.defaults());
    assertThat(sft.lora()).isEqualTo(LoraSettings.defaults());
    assertThat(sft.learningRate()).isEqualTo(2e-4);
    assertThat(required().set("method=full").bind(SftSettings.class).learningRate())
        .isEqualTo(2e-5);
  }

  @Test
  void overrides_win_over_the_file() {
    SftSettings sft =
        new Settings()
            .yaml("model: base\noutput: out\ndata: {train: a}\ntrain:\n  seed: 1\n", "run.yaml")
            .set("train.seed=2")
            .set("train.learningRate=1e-4")
            .set("train.schedule=cosine_with_floor")
            .set("lora.targets=[q_proj, v_proj]")
            .set("lora.layers=0-1")
            .set("lora.rankPattern.layers.0.q_proj=4")
            .set("data.train", Optional.of("b"), "--data")
            .set("data.eval", Optional.empty(), "--eval-data")
            .bind(SftSettings.class);
    assertThat(sft.train().seed()).isEqualTo(2);
    assertThat(sft.train().learningRate()).contains(1e-4);
    assertThat(sft.train().schedule()).isEqualTo(ScheduleKind.COSINE_WITH_FLOOR);
    assertThat(sft.lora().targets().names()).containsExactly("q_proj", "v_proj");
    assertThat(sft.lora().layers().indices()).containsExactly(0, 1);
    assertThat(sft.lora().rankPattern()).containsExactly(Map.entry("layers.0.q_proj", 4));
    assertThat(sft.data().train()).contains(Path.of("b"));
    assertThat(sft.data().eval()).isEmpty();
  }

  @Test
  void an_unknown_key_is_named_with_its_line_and_the_nearest() {
    assertThatThrownBy(
            () ->
                new Settings()
                    .yaml(
                        "model: base\noutput: out\ndata: {train: a}\ntrain:\n  learning_rat: 1\n",
                        "run.yaml")
                    .bind(SftSettings.class))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "run.yaml, line 5: unknown setting train.learning_rat; did you mean"
                + " train.learningRate?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.lr=1", "seed=1", "train.maxstep=1", "lorra.rank=1", "rank=4"})
  void a_misspelt_or_misplaced_key_is_refused(String assignment) {
    assertThatThrownBy(() -> required().set(assignment).bind(SftSettings.class))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--set: unknown setting " + assignment.split("[=.]", -1)[0]);
  }

  @Test
  void a_key_of_another_group_is_suggested_with_its_group() {
    assertThatThrownBy(() -> required().set("seed=1").bind(SftSettings.class))
        .hasMessageContaining("did you mean train.seed?");
    assertThatThrownBy(() -> required().set("lorra.rank=1").bind(SftSettings.class))
        .hasMessageContaining("did you mean lora?");
  }

  @Test
  void everything_wrong_is_said_at_once() {
    assertThatThrownBy(
            () ->
                new Settings()
                    .yaml(
                        "output: out\ntrain:\n  maxSteps: ten\n  epoch: 2\nlora:\n  rank: 0\n"
                            + "eval: often\nmethod: prefix\n",
                        "run.yaml")
                    .bind(SftSettings.class))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("model is not set")
        .hasMessageContaining(
            "run.yaml, line 3: train.maxSteps: expected a whole number, found \"ten\"")
        .hasMessageContaining("unknown setting train.epoch; did you mean train.epochs?")
        .hasMessageContaining("lora.rank is 0: must be at least 1")
        .hasMessageContaining("eval: expected a group of settings, such as eval.everySteps")
        .hasMessageContaining("method: expected lora | qlora | full, found \"prefix\"");
  }

  @Test
  void the_printed_defaults_are_the_defaults_used() {
    String printed = SettingPrinter.yaml(SftSettings.class);
    SftSettings reread =
        new Settings()
            .yaml(printed, "printed")
            .set("model=base")
            .set("output=out")
            .set("data.train=rows.jsonl")
            .bind(SftSettings.class);
    assertThat(reread).isEqualTo(required().bind(SftSettings.class));
    for (SettingKey key : SettingKey.of(SftSettings.class)) {
      assertThat(printed).contains(key.help());
    }
    String pretrain = SettingPrinter.yaml(PretrainSettings.class);
    assertThat(
            new Settings()
                .yaml(pretrain, "printed")
                .set("output=out")
                .set("data.train=a.txt")
                .bind(PretrainSettings.class))
        .isEqualTo(
            new Settings().set("output=out").set("data.train=a.txt").bind(PretrainSettings.class));
  }

  @Test
  void a_record_written_and_read_back_is_equal() throws Exception {
    SftSettings sft =
        required()
            .set("lora.layers=1-3")
            .set("lora.alphaPattern={q_proj: 8, 'k.*': 4.5}")
            .set("data.overflow=split")
            .set("train.learningRate=3e-5")
            .bind(SftSettings.class);
    String json =
        new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(Settings.toMap(sft));
    assertThat(new Settings().yaml(json, "run.json").bind(SftSettings.class)).isEqualTo(sft);
  }

  @Test
  void differences_name_each_setting_that_changed() {
    Map<String, Object> before = Settings.toMap(required().bind(SftSettings.class));
    Map<String, Object> now =
        Settings.toMap(
            required().set("train.seed=43").set("data.eval=e.jsonl").bind(SftSettings.class));
    assertThat(Settings.differences(before, now))
        .isEqualTo(List.of("data.eval: was not set, is e.jsonl", "train.seed: was 42, is 43"));
    assertThat(Settings.differences(before, before)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- a\n- b\n",
        "just text",
        "a: [1\n",
        "a: 1\na: 2\n",
        "a: 1\n---\nb: 2\n",
        "a: *x\n"
      })
  void text_that_is_no_settings_file_gets_a_usage_error(String yaml) {
    assertThatThrownBy(() -> new Settings().yaml(yaml, "run.yaml").bind(DataSettings.class))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("run.yaml");
  }

  @Test
  void deep_nesting_is_refused() {
    assertThatThrownBy(() -> new Settings().yaml("[".repeat(500) + "]".repeat(500), "run.yaml"))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void an_empty_file_sets_nothing() {
    assertThat(new Settings().yaml("# nothing\n", "run.yaml").bind(DataSettings.class))
        .isEqualTo(DataSettings.defaults());
  }
}
