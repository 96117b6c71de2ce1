package dev.luthier.recipe.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.recipe.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published sets are recognised, and prepared to the last row. */
@Tag("interop")
class PublishedSetsTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private Manifest prepare(String file, String... settings) {
    Settings all = new Settings();
    all.set("model=" + Assets.path("tok-tinyllama-hf"));
    all.set("output=" + folder.resolve("set"));
    all.set("sources=" + Assets.path(file));
    for (String setting : settings) {
      all.set(setting);
    }
    return PrepareRun.run(all.bind(PrepareSettings.class), (what, done, total) -> {}, () -> false);
  }

  private static Manifest.Split train(Manifest manifest) {
    return Objects.requireNonNull(manifest.splits().get("train"));
  }

  private static Map<String, Integer> recognised(Path file) {
    Map<String, Integer> out = new TreeMap<>();
    new ExampleReader(Format.AUTO)
        .read(
            file,
            new ExampleReader.Sink() {
              @Override
              public void row(Row row, Format format, boolean usual) {
                out.merge(format + (usual ? "" : " by unusual names"), 1, Integer::sum);
              }

              @Override
              public void refused(Refusal refusal) {
                out.merge("refused", 1, Integer::sum);
              }
            });
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "data-alpaca/alpaca_5000.json, alpaca, sft, 5000, 0, 0, llama2",
    "data-alpaca/alpaca_data_cleaned_1000.json, alpaca, sft, 1000, 0, 2, chatml",
    "data-alpaca/seed_tasks.jsonl, alpaca by unusual names, sft, 175, 0, 0, llama2",
    "data-llamafactory-demos/alpaca_en_demo.json, alpaca, sft, 999, 14, 0, llama2",
    "data-llamafactory-demos/identity.json, alpaca, sft, 91, 0, 1, chatml",
    "data-llamafactory-demos/dpo_en_demo.json, preference, preference, 300, 5, 0, chatml",
    "data-llamafactory-demos/v1_dpo_demo.jsonl, preference by unusual names, preference, 10, 0, 0, llama2",
    "data-llamafactory-demos/kto_en_demo.json, unpaired, unpaired, 300, 0, 0, chatml",
    "data-llamafactory-demos/glaive_toolcall_en_demo.json, sharegpt, sft, 300, 35, 2, chatml",
    "data-llamafactory-demos/v1_sft_demo.jsonl, messages, sft, 500, 1, 1, llama2",
    "data-gsm8k/train.jsonl, prompt-completion by unusual names, sft, 7473, 0, 0, llama2",
    "data-gsm8k/test.jsonl, prompt-completion by unusual names, sft, 1319, 0, 0, chatml",
    "data-gsm8k/parquet-verl/train.parquet, prompt-completion by unusual names, sft, 7473, 0, 0, chatml",
    "data-gsm8k/parquet-verl/test.parquet, prompt-completion by unusual names, sft, 1319, 0, 0, llama2",
    "data-hh-rlhf/harmless-base/test.jsonl.gz, preference, preference, 2312, 0, 3, chatml",
    "data-sharegpt/litgpt-deita-subset.parquet, messages, sft, 5, 0, 0, chatml"
  })
  void rows_are_recognised_and_none_is_lost(
      String file, String format, String kind, int rows, long exact, long near, String template)
      throws Exception {
    assertThat(recognised(Assets.path(file))).containsExactly(Map.entry(format, rows));
    Manifest manifest =
        prepare(file, "data.template=" + template, "data.maxLength=32768", "data.badRows=strict");
    assertThat(manifest.about().kind()).hasToString(kind);
    Map<String, Long> dropped =
        manifest.origin().stages().stream()
            .flatMap(stage -> stage.dropped().entrySet().stream())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    Map<String, Long> copies = new TreeMap<>(Map.of("exact", exact, "near", near));
    copies.values().removeIf(count -> count == 0);
    assertThat(dropped).isEqualTo(copies);
    assertThat(train(manifest).rows()).isEqualTo(rows - (int) (exact + near));
    PreparedSet set = PreparedSet.open(folder.resolve("set"));
    set.verify();
  }

  @Test
  void conversations_that_a_template_cannot_express_are_listed() throws Exception {
    Manifest manifest =
        prepare(
            "data-hh-rlhf/harmless-base/test.jsonl.gz",
            "data.template=llama2",
            "data.maxLength=32768");
    // 3 near-duplicates, and 9 with two user turns in a row
    assertThat(train(manifest).rows()).isEqualTo(2312 - 3 - 9);
    assertThat(Files.readAllLines(folder.resolve("set").resolve("dropped.jsonl")))
        .filteredOn(line -> line.contains("user and assistant must take turns"))
        .hasSize(9);
  }

  @Test
  void packing_wastes_less_than_one_percent() {
    Manifest.Split train =
        train(
            prepare("data-alpaca/alpaca_5000.json", "data.template=llama2", "data.maxLength=2048"));
    assertThat(train.rows()).isEqualTo(5000);
    assertThat(train.tokens() / (2048.0 * train.sequences())).isBetween(0.99, 1.0);
  }
}
