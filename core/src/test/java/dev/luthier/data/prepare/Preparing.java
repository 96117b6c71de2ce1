package dev.luthier.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.data.Progress;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.prepared.EncodedWith;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.format.Json;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.data.PrepareSettings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Preparations of small files in a folder; in settings {@code $} stands for that folder. */
record Preparing(Path folder, int threads, int chunk) {
  Preparing(Path folder) {
    this(folder, 2, 7);
  }

  Preparing threads(int number) {
    return new Preparing(folder, number, chunk);
  }

  Path file(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), Arrays.asList(lines));
  }

  Path file(String name, List<String> lines) throws IOException {
    return Files.write(folder.resolve(name), lines);
  }

  /** Rows of which no two are alike. */
  static List<String> rows(int count, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> row(words(random, 8), words(random, 9)))
        .toList();
  }

  static String words(Random random, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Integer.toString(Math.abs(random.nextInt()), 36))
        .collect(Collectors.joining(" "));
  }

  static String row(String prompt, String completion) {
    return Json.object().put("prompt", prompt).put("completion", completion).toString();
  }

  PrepareSettings settings(String output, String... settings) {
    Settings all = new Settings();
    all.set("model=" + TestTokenizers.chatFolder());
    all.set("output=" + folder.resolve(output));
    for (String setting : settings) {
      all.set(setting.replace("$", folder.toString()));
    }
    return all.bind(PrepareSettings.class);
  }

  /** Prepares rows.jsonl, unless the settings name other sources. */
  PreparedSet prepare(String output, String... settings) {
    run(output, () -> false, settings);
    return PreparedSet.open(folder.resolve(output));
  }

  Manifest run(String output, BooleanSupplier cancelled, String... settings) {
    return run(output, watcher(output, (what, done, total) -> {}, cancelled), settings);
  }

  Watcher watcher(String output, Progress progress, BooleanSupplier cancelled) {
    return new Watcher(folder.resolve(output + ".preparing"), progress, cancelled);
  }

  Manifest run(String output, Watcher watcher, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    if (all.stream().noneMatch(setting -> setting.startsWith("sources"))) {
      all.add("sources=$/rows.jsonl");
    }
    PrepareSettings s = settings(output, all.toArray(String[]::new));
    Tokenizer tokenizer = TestTokenizers.chat();
    SftEncoder encoder =
        new SftEncoder(
            tokenizer,
            ChatTemplates.encoder(tokenizer, s.data().template(), Clock.systemUTC()),
            s.data().trainOn(),
            s.data().trainOnEnd(),
            Set.of());
    Preparation preparation =
        new Preparation(
            encoder,
            s.sources(),
            s.data(),
            s.clean(),
            s.answers(),
            s.filters(),
            s.privacy(),
            s.overlap(),
            s.duplicates(),
            s.split(),
            s.seed(),
            threads);
    Map<String, Object> content = Map.of("settings", all.toString());
    EncodedWith with = EncodedWith.of(s.model(), tokenizer, s.data());
    return PreparePipeline.run(
        preparation,
        new PreparePipeline.Target(
            s.output(), kind -> new Manifest.About(kind, content, with), content.toString()),
        watcher,
        chunk);
  }

  /** The files of a folder and their bytes. */
  static Map<String, byte[]> bytes(Path folder) throws IOException {
    Map<String, byte[]> out = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return out;
  }

  /** The numbers of a split's rows in their source. */
  static List<Integer> numbers(PreparedSet set, String split) {
    return lineage(set, split).stream().map(PreparedSplit.Lineage::number).toList();
  }

  static List<PreparedSplit.Lineage> lineage(PreparedSet set, String split) {
    if (!set.splits().contains(split)) {
      return List.of();
    }
    PreparedSplit rows = set.split(split);
    return IntStream.range(0, rows.rows()).mapToObj(rows::lineage).toList();
  }

  /** The lines of dropped.jsonl. */
  static List<JsonNode> dropped(PreparedSet set) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (String line : Files.readAllLines(set.folder().resolve("dropped.jsonl"))) {
      out.add(Json.parse(line, "dropped"));
    }
    return out;
  }

  /** {@code number stage reason} of what was dropped. */
  static List<String> reasons(PreparedSet set) throws IOException {
    return dropped(set).stream()
        .map(
            line ->
                line.path("row").asText()
                    + " "
                    + line.path("stage").asText()
                    + " "
                    + line.path("reason").asText())
        .toList();
  }

  /** A stage's account. */
  static Manifest.Stage stage(PreparedSet set, String name) {
    return set.manifest().origin().stages().stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static String chat(String... turns) {
    var row = Json.object();
    var messages = row.putArray("messages");
    for (int i = 0; i < turns.length; i++) {
      messages.addObject().put("role", i % 2 == 0 ? "user" : "assistant").put("content", turns[i]);
    }
    return row.toString();
  }

  /** The account of the stages, and the files, against the sources. */
  static void accounted(PreparedSet set, int... rows) throws IOException {
    Manifest.Origin origin = set.manifest().origin();
    long in = IntStream.of(rows).sum();
    assertThat(origin.sources().stream().map(Manifest.Source::rows).mapToLong(r -> r).sum())
        .isEqualTo(in);
    Map<String, Long> listed = new TreeMap<>();
    Set<String> places = new TreeSet<>();
    for (JsonNode line : dropped(set)) {
      listed.merge(line.path("stage").asText(), 1L, Long::sum);
      assertThat(line.path("reason").asText()).isNotBlank();
      assertThat(places.add(line.path("file").asText() + " " + line.path("row").asInt())).isTrue();
    }
    for (Manifest.Stage stage : origin.stages()) {
      assertThat(stage.rowsIn()).isEqualTo(in);
      long dropped = stage.dropped().values().stream().mapToLong(n -> n).sum();
      assertThat(stage.rowsOut()).isEqualTo(in - dropped);
      assertThat(listed.getOrDefault(stage.name(), 0L)).as(stage.name()).isEqualTo(dropped);
      in = stage.rowsOut();
    }
    for (String split : set.splits()) {
      lineage(set, split)
          .forEach(
              from -> assertThat(places.add(from.source().path() + " " + from.number())).isTrue());
    }
    assertThat(places).hasSize(IntStream.of(rows).sum());
    set.verify();
  }
}
