package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.Json;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftPlan;
import dev.luthier.recipe.SftSettings;
import dev.luthier.train.TrainListener;
import dev.luthier.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sft} on prepared sets. */
class PreparedRunTest {
  @TempDir private static Path folder = Path.of("");
  private static TinyRun tiny = new TinyRun(Path.of(""), Path.of(""), Path.of(""), List.of());
  private static Path evalRows = Path.of("");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path here;

  @BeforeAll
  static void base() throws IOException {
    tiny = TinyRun.in(folder);
    evalRows =
        Files.write(folder.resolve("eval.jsonl"), Files.readAllLines(tiny.data()).subList(0, 9));
  }

  private TinyRun run(String name, Path data, String... settings) {
    List<String> all = new ArrayList<>(List.of("train.maxSteps=5", "train.learningRate=1e-2"));
    all.addAll(List.of(settings));
    return new TinyRun(tiny.model(), data, here.resolve(name), all);
  }

  private PreparedSet prepare(String... settings) {
    List<String> all = new ArrayList<>(List.of("data.maxLength=128"));
    all.addAll(List.of(settings));
    return PreparedRuns.of(tiny.model(), all.toArray(String[]::new))
        .write(here.resolve("set"), Map.of("train", tiny.data()));
  }

  private static List<String> curve(TinyRun run) throws IOException {
    List<String> out = new ArrayList<>();
    for (String line : Files.readAllLines(run.output().resolve("metrics.jsonl"))) {
      JsonNode step = Json.parse(line, "metrics");
      out.add(
          Stream.of("step", "loss", "grad_norm", "tokens", "eval_loss")
              .map(f -> step.path(f).asText())
              .toList()
              .toString());
    }
    return out;
  }

  private static void same(TinyRun actual, TinyRun expected) throws IOException {
    assertThat(curve(actual)).isEqualTo(curve(expected)).hasSizeGreaterThanOrEqualTo(5);
    assertThat(actual.result()).isEqualTo(expected.result());
    assertThat(Files.readString(actual.output().resolve("generation_config.json")))
        .isEqualTo(Files.readString(expected.output().resolve("generation_config.json")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data.packing=true",
        "data.packing=false",
        "data.trainOn=all",
        "data.trainOnEnd=none",
        "data.template=llama3 data.overflow=truncate",
        "data.template=none data.overflow=split"
      })
  void training_is_bit_for_bit_that_of_the_file(String settings) throws IOException {
    String[] all = settings.split(" ");
    Path data = settings.contains("split") ? longText() : tiny.data();
    String[] prepare =
        Stream.concat(Stream.of("data.maxLength=128"), Stream.of(all)).toArray(String[]::new);
    PreparedSet set =
        PreparedRuns.of(tiny.model(), prepare).write(here.resolve("set"), Map.of("train", data));
    TinyRun raw = run("raw", data, all);
    raw.finish(new TrainListener() {});
    // the set says all of it
    TinyRun prepared = run("prepared", set.folder());
    prepared.finish(new TrainListener() {});
    same(prepared, raw);
    JsonNode run = Json.read(prepared.output().resolve("run.json"));
    assertThat(run.at("/run/hashes/data").asText()).isEqualTo(set.hash());
  }

  private Path longText() throws IOException {
    String text = "a bird flies over the water ".repeat(60);
    return Files.writeString(here.resolve("text.jsonl"), "{\"text\": \"" + text + "\"}\n");
  }

  @Test
  void the_set_s_own_evaluation_rows_are_evaluated_on() throws IOException {
    PreparedSet set =
        PreparedRuns.of(tiny.model(), "data.maxLength=128")
            .write(here.resolve("set"), Map.of("train", tiny.data(), "eval", evalRows));
    PreparedSet alone =
        PreparedRuns.of(tiny.model(), "data.maxLength=128")
            .write(here.resolve("alone"), Map.of("validation", evalRows));
    TinyRun raw = run("raw", tiny.data(), "data.eval=" + evalRows, "eval.everySteps=2");
    raw.finish(new TrainListener() {});
    assertThat(curve(raw)).hasSize(8);
    List<TinyRun> others =
        List.of(
            run("own", set.folder(), "eval.everySteps=2"),
            run("file", set.folder(), "data.eval=" + evalRows, "eval.everySteps=2"),
            run("set of it", tiny.data(), "data.eval=" + alone.folder(), "eval.everySteps=2"));
    for (TinyRun other : others) {
      other.finish(new TrainListener() {});
      same(other, raw);
    }
  }

  @Test
  void evaluation_without_evaluation_rows_is_refused() {
    PreparedSet set = prepare();
    assertThatThrownBy(
            () -> run("run", set.folder(), "eval.everySteps=2").finish(new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("eval.everySteps is 2 but there is nothing to evaluate on");
  }

  @Test
  void a_stopped_run_goes_on_with_the_same_set_and_not_with_another() throws IOException {
    PreparedSet set = prepare();
    TinyRun straight = run("straight", set.folder());
    straight.finish(new TrainListener() {});
    TinyRun stopped = run("stopped", set.folder()).stopAfter(3);
    Path aside = Files.move(set.folder(), here.resolve("aside"), StandardCopyOption.ATOMIC_MOVE);
    assertThatThrownBy(() -> stopped.finish(new TrainListener() {}))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(set.folder() + ", whose SHA-256 was " + set.hash());
    PreparedSet other =
        PreparedRuns.of(tiny.model(), "data.maxLength=128")
            .write(here.resolve("set"), Map.of("train", evalRows));
    assertThatThrownBy(() -> stopped.finish(new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("hashes.data: was " + set.hash() + ", is " + other.hash());
    Files.move(other.folder(), here.resolve("other"), StandardCopyOption.ATOMIC_MOVE);
    Files.move(aside, set.folder(), StandardCopyOption.ATOMIC_MOVE);
    assertThat(stopped.finish(new TrainListener() {}).end()).isEqualTo(Trainer.End.FINISHED);
    same(stopped, straight);
  }

  @ParameterizedTest
  @CsvSource({
    "data.maxLength=64, 'data.maxLength is 64, but SET was prepared with 128: leave it out'",
    "data.packing=false, 'data.packing is false, but SET was prepared with true'",
    "data.trainOn=last, 'data.trainOn is last, but SET was prepared with assistant'",
    "data.trainOnEnd=all, 'data.trainOnEnd is all, but SET was prepared with turn'",
    "data.template=zephyr, 'data.template is zephyr, but SET was prepared with auto'"
  })
  void settings_that_contradict_the_set_are_refused_with_both_values(
      String setting, String message) {
    PreparedSet set = prepare();
    assertThatThrownBy(() -> run("run", set.folder(), setting).finish(new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message.replace("SET", set.folder().toString()));
    assertThat(here.resolve("run")).doesNotExist();
  }

  @Test
  void a_set_of_another_tokenizer_or_template_is_refused() throws IOException {
    PreparedSet set = prepare();
    Path model = here.resolve("model");
    try (Stream<Path> files = Files.list(tiny.model())) {
      Files.createDirectories(model);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    TinyRun run = new TinyRun(model, set.folder(), here.resolve("run"), List.of());
    Path template = model.resolve("chat_template.jinja");
    String own = Files.readString(template);
    Files.writeString(template, own + " ");
    assertThatThrownBy(() -> run.finish(new TrainListener() {}))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(set.folder() + " was prepared with another chat template")
        .hasMessageContaining("Prepare it again for " + model + " with luthier data prepare");
    Files.writeString(template, own);
    Path tokenizer = model.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
    assertThatThrownBy(() -> run.finish(new TrainListener() {}))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(set.folder() + " was prepared with another tokenizer");
  }

  @Test
  void preference_pairs_are_not_for_sft() {
    PreparedSet set =
        PreparedRuns.of(tiny.model(), "data.maxLength=128")
            .kind(Kind.PREFERENCE)
            .write(here.resolve("set"), Map.of("train", tiny.data()));
    assertThatThrownBy(() -> run("run", set.folder()).finish(new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is a set of kind preference, for preference optimization; sft");
  }

  @Test
  void the_set_s_template_goes_into_the_result_even_when_its_file_is_gone() throws IOException {
    String text = Files.readString(tiny.model().resolve("chat_template.jinja")) + "{# mine #}";
    Path mine = Files.writeString(here.resolve("mine.jinja"), text);
    PreparedSet set = prepare("data.template=" + mine);
    Files.delete(mine);
    TinyRun run = run("run", set.folder());
    run.finish(new TrainListener() {});
    assertThat(run.output().resolve("chat_template.jinja")).hasContent(text);
  }

  @Test
  void plan_reads_a_set_and_counts_what_of_it_is_in_memory() {
    PreparedSet set = prepare();
    SftPlan raw = plan(tiny.data());
    SftPlan prepared = plan(set.folder());
    assertThat(prepared.length()).isEqualTo(raw.length());
    assertThat(prepared.settings().data().maxLength()).isEqualTo(128);
    long rows = 4 * tiny.data().toFile().length();
    assertThat(prepared.plan().memory().total() - raw.plan().memory().total())
        .isEqualTo(set.split("train").residentBytes() - rows);
  }

  private SftPlan plan(Path data) {
    return SftPlan.of(
        new Settings()
            .set("model=" + tiny.model())
            .set("data.train=" + data)
            .set("data.maxLength=128")
            .set("output=" + here.resolve("none"))
            .bind(SftSettings.class));
  }
}
