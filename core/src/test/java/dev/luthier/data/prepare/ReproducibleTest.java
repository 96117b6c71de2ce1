package dev.luthier.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same bytes, however often, on however many threads and with whatever interruptions. */
class ReproducibleTest {
  private static final String[] SETTINGS = {
    "sources=[{path: $/a.jsonl, weight: 2}, {path: $/b.jsonl, weight: 1},"
        + " {path: $/old.jsonl, replay: 0.2}]",
    "overlap.against=[$/held.jsonl]",
    "split.eval=0.1",
    "split.test=5",
    "data.maxLength=128",
    "data.overflow=drop",
    "data.badRows=skip"
  };

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  Preparing preparing;

  /** Files in which every stage finds something. */
  @BeforeEach
  void sources() throws IOException {
    preparing = new Preparing(folder);
    List<String> a = new ArrayList<>(Preparing.rows(60, 1));
    a.add(9, a.get(3));
    a.add(20, "{\"prompt\": \"a\", \"completion\": null}");
    a.add(30, Preparing.row("who?", "write to anna.meier@firma-nord.de, please, at any time"));
    a.add(40, Preparing.row("long", Preparing.words(new Random(9), 200)));
    preparing.file("a.jsonl", a);
    preparing.file("b.jsonl", Preparing.rows(40, 2));
    preparing.file("old.jsonl", Preparing.rows(30, 3));
    preparing.file("held.jsonl", a.subList(5, 7));
  }

  private static BooleanSupplier after(int questions) {
    AtomicInteger asked = new AtomicInteger();
    return () -> asked.incrementAndGet() > questions;
  }

  private static void same(Path actual, Path expected) throws IOException {
    Map<String, byte[]> is = Preparing.bytes(actual);
    Map<String, byte[]> should = Preparing.bytes(expected);
    assertThat(is.keySet()).isEqualTo(should.keySet()).contains("train.packs", "eval.tokens");
    should.forEach((name, bytes) -> assertThat(is.get(name)).as(name).isEqualTo(bytes));
  }

  @Test
  void threads_and_repetition_change_no_byte() throws IOException {
    PreparedSet one = preparing.threads(1).prepare("one", SETTINGS);
    assertThat(one.splits()).containsExactlyInAnyOrder("train", "eval", "test");
    for (String stage : List.of("read", "overlap", "duplicates", "mix", "encode")) {
      Map<String, Long> dropped = Preparing.stage(one, stage).dropped();
      assertThat(dropped).as(stage).isNotEmpty();
    }
    for (int threads : new int[] {1, 2, 4}) {
      String name = "again" + threads;
      preparing.threads(threads).prepare(name, SETTINGS);
      same(folder.resolve(name), one.folder());
    }
    // over itself
    preparing.prepare("one", SETTINGS);
    same(one.folder(), folder.resolve("again4"));
  }

  @Test
  void interrupted_anywhere_it_goes_on_to_the_same_bytes() throws IOException {
    AtomicInteger questions = new AtomicInteger();
    preparing.run(
        "whole",
        () -> {
          questions.incrementAndGet();
          return false;
        },
        SETTINGS);
    assertThat(questions.get()).isGreaterThan(300);
    for (int n = 0; n < questions.get(); n += questions.get() / 25) {
      String name = "set" + n;
      int at = n;
      assertThatThrownBy(() -> preparing.run(name, after(at), SETTINGS))
          .isInstanceOf(LuthierException.class)
          .hasMessageStartingWith("Stopped while ")
          .hasMessageEndingWith(
              "What is done is in %s.preparing; the same command goes on from there."
                  .formatted(folder.resolve(name)));
      assertThat(folder.resolve(name)).doesNotExist();
      assertThat(folder.resolve(name + ".preparing")).exists();
      preparing.run(name, () -> false, SETTINGS);
      same(folder.resolve(name), folder.resolve("whole"));
      assertThat(folder.resolve(name + ".preparing")).doesNotExist();
    }
  }

  @Test
  void what_is_finished_is_not_done_again() throws IOException {
    preparing.file("a.jsonl", Preparing.rows(700, 1));
    Preparing one = new Preparing(folder, 1, 50);
    AtomicInteger questions = new AtomicInteger();
    String[] settings = {"sources=[$/a.jsonl, $/b.jsonl]", "split.eval=9", "data.maxLength=500"};
    one.run("whole", () -> questions.incrementAndGet() < 0, settings);
    Path work = folder.resolve("set.preparing");
    // in the middle of encoding
    assertThatThrownBy(() -> one.run("set", after(questions.get() - 100), settings))
        .isInstanceOf(LuthierException.class);
    List<Path> finished = finished(work);
    for (Path file : finished) {
      Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    }
    assertThat(finished).contains(work.resolve("piece-1.rows"), work.resolve("chunk-3"));
    Map<Path, FileTime> times = new TreeMap<>();
    one.run(
        "set",
        preparing.watcher(
            "set",
            (what, done, total) -> {
              if (what.equals("listing what was left out") && done == 0) {
                finished.forEach(file -> times.put(file, time(file)));
              }
            },
            () -> false),
        settings);
    assertThat(times).hasSameSizeAs(finished);
    assertThat(times.values()).containsOnly(FileTime.fromMillis(0));
    same(folder.resolve("set"), folder.resolve("whole"));
  }

  private static FileTime time(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> finished(Path work) throws IOException {
    try (Stream<Path> files = Files.list(work)) {
      return files.filter(ReproducibleTest::isFinished).sorted().toList();
    }
  }

  private static boolean isFinished(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("chunk-")
        || name.matches("piece-\\d+\\..*")
            && Files.exists(file.resolveSibling(name.replaceAll("\\.\\w+$", ".json")));
  }

  @Test
  void what_changed_between_starts_is_read_anew() throws IOException {
    for (String changed : List.of("a.jsonl", "held.jsonl")) {
      assertThatThrownBy(() -> preparing.run("set", after(230), SETTINGS))
          .isInstanceOf(LuthierException.class);
      List<String> lines = Files.readAllLines(folder.resolve(changed));
      preparing.file(changed, lines.subList(0, lines.size() - 1));
      preparing.run("set", () -> false, SETTINGS);
      preparing.run("fresh", () -> false, SETTINGS);
      same(folder.resolve("set"), folder.resolve("fresh"));
      AtomicFile.deleteTree(folder.resolve("set"));
      AtomicFile.deleteTree(folder.resolve("fresh"));
    }
  }

  @Test
  void nothing_else_is_touched() throws IOException {
    Map<String, byte[]> before = Preparing.bytes(folder);
    assertThatThrownBy(() -> preparing.run("set", after(200), SETTINGS))
        .isInstanceOf(LuthierException.class);
    Map<String, byte[]> between = Preparing.bytes(folder);
    between.keySet().removeIf(name -> name.startsWith("set.preparing/"));
    preparing.prepare("set", SETTINGS);
    Map<String, byte[]> after = Preparing.bytes(folder);
    after.keySet().removeIf(name -> name.startsWith("set/"));
    for (Map<String, byte[]> there : List.of(between, after)) {
      assertThat(there.keySet()).isEqualTo(before.keySet());
      before.forEach((name, bytes) -> assertThat(there.get(name)).as(name).isEqualTo(bytes));
    }
  }

  @Test
  void a_folder_of_sources_may_hold_the_output() throws IOException {
    String[] settings = {"sources=$", "data.badRows=skip", "data.overflow=drop"};
    PreparedSet first = preparing.prepare("set", settings);
    assertThatThrownBy(() -> preparing.run("set", after(250), settings))
        .isInstanceOf(LuthierException.class);
    assertThat(folder.resolve("set.preparing").resolve("piece-0.json")).exists();
    assertThat(preparing.prepare("set", settings).hash()).isEqualTo(first.hash());
    assertThat(first.manifest().origin().sources()).hasSize(4);
  }

  @Test
  void two_at_a_time_do_not_share_an_output() throws IOException {
    List<String> second = new ArrayList<>();
    Watcher watcher =
        preparing.watcher(
            "set",
            (what, done, total) -> {
              if (what.equals("writing") && second.isEmpty()) {
                try {
                  preparing.run("set", () -> false, SETTINGS);
                } catch (LuthierException e) {
                  second.add(String.valueOf(e.getMessage()));
                }
              }
            },
            () -> false);
    preparing.run("set", watcher, SETTINGS);
    assertThat(second)
        .containsExactly(
            folder.resolve("set.preparing")
                + " is in use: another process is preparing "
                + folder.resolve("set")
                + ". Wait until it is done, stop it, or name another --output.");
    preparing.prepare("alone", SETTINGS);
    same(folder.resolve("set"), folder.resolve("alone"));
    assertThat(folder.resolve("set.preparing")).doesNotExist();
  }

  @Test
  void a_folder_of_that_name_with_other_things_is_left_alone() throws IOException {
    Path mine = Files.createDirectories(folder.resolve("set.preparing")).resolve("notes.txt");
    Files.writeString(mine, "mine");
    assertThatThrownBy(() -> preparing.run("set", () -> false, SETTINGS))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("set.preparing")
        .hasMessageContaining("move it away, or name another --output");
    assertThat(mine).hasContent("mine");
  }
}
