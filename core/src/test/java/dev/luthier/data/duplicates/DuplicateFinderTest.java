package dev.luthier.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.duplicates.PlantedTexts.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DuplicateFinderTest {
  private static final DuplicateSettings DEFAULTS = DuplicateSettings.defaults();
  private static final DuplicateSettings EXACT =
      new DuplicateSettings(0, TextNormal.WORDS, DEFAULTS.shingle(), 0);

  @TempDir private Path scratch = Path.of("");

  private Clusters clusters(DuplicateSettings settings, List<String> texts) {
    try (DuplicateFinder finder = DuplicateFinder.open(settings, scratch)) {
      texts.forEach(finder::add);
      return finder.cluster((done, total) -> {}, () -> false);
    }
  }

  private static List<Integer> originals(Clusters found) {
    return IntStream.range(0, found.rows()).mapToObj(found::original).toList();
  }

  /** The clusters as sets of texts. */
  private static Set<Set<String>> partition(List<String> texts, Clusters found) {
    Map<Integer, Set<String>> clusters = new TreeMap<>();
    for (int row = 0; row < texts.size(); row++) {
      clusters.computeIfAbsent(found.cluster(row), k -> new HashSet<>()).add(texts.get(row));
    }
    return new HashSet<>(clusters.values());
  }

  private static List<String> planted(long seed, int rows) {
    return new PlantedTexts(seed).rows(rows).stream().map(Text::text).toList();
  }

  @Test
  void the_first_of_equal_texts_stays() {
    List<String> texts =
        List.of("Say hello.", "Bye", "say  HELLO", "", "bye!", " ", "?", "say hell");
    Clusters found = clusters(EXACT, texts);
    assertThat(originals(found)).containsExactly(0, 1, 0, 3, 1, 3, 6, 7);
    assertThat(found.copies()).isEqualTo(3);
    assertThat(found.staying()).isEqualTo(5);
    assertThat(found.copy(4)).isTrue();
    assertThat(found.copy(1)).isFalse();
    assertThat(found.cluster(5)).isEqualTo(3);
  }

  @Test
  void what_counts_of_a_text_is_a_setting() {
    List<String> texts = List.of("2 + 3", "2 - 3", "2  + 3");
    DuplicateSettings spaced = new DuplicateSettings(0, TextNormal.WHITE_SPACE, 5, 0);
    DuplicateSettings verbatim = new DuplicateSettings(0, TextNormal.VERBATIM, 5, 0);
    assertThat(originals(clusters(EXACT, texts))).containsExactly(0, 0, 0);
    assertThat(originals(clusters(spaced, texts))).containsExactly(0, 1, 0);
    assertThat(originals(clusters(verbatim, texts))).containsExactly(0, 1, 2);
  }

  @Test
  void copies_of_one_text_fill_blocks_and_are_one_cluster() {
    List<String> texts = new ArrayList<>(Collections.nCopies(3 * KeyFile.BLOCK, "the same words"));
    texts.add(1, "something else entirely");
    texts.add("Something else, entirely!");
    Clusters found = clusters(DEFAULTS, texts);
    assertThat(found.staying()).isEqualTo(2);
    assertThat(found.original(texts.size() - 1)).isEqualTo(1);
    assertThat(found.original(texts.size() - 2)).isZero();
  }

  /** One slot in a long template: every pair is similar, and all share some bucket. */
  @Test
  void a_bucket_of_thousands_is_one_cluster() {
    String template =
        "below is an instruction that describes a task write a response that does it ";
    List<String> texts =
        IntStream.range(0, 3_000)
            .mapToObj(i -> template + Integer.toString(i + 46_656, 36))
            .toList();
    Clusters found = clusters(DEFAULTS, texts);
    assertThat(partition(texts, found)).hasSize(1);
    assertThat(found.staying()).isEqualTo(1);
    assertThat(found.copies()).isZero();
  }

  @Test
  void a_row_is_similar_to_the_row_that_stays_for_it_though_a_chain_leads_far() {
    List<String> texts = new ArrayList<>();
    StringBuilder text = new StringBuilder("abcdefghijklmnopqrstuvwxyz".repeat(4));
    Random random = new Random(5);
    for (int i = 0; i < 40; i++) {
      texts.add(text.toString());
      text.delete(0, 3);
      random.ints(3, 'a', 'z' + 1).forEach(c -> text.append((char) c));
    }
    try (DuplicateFinder finder = DuplicateFinder.open(DEFAULTS, scratch)) {
      texts.forEach(finder::add);
      Clusters found = finder.cluster((done, total) -> {}, () -> false);
      assertThat(partition(texts, found)).hasSize(1);
      assertThat(found.staying()).isBetween(2, 20);
      for (int row = 0; row < texts.size(); row++) {
        int original = found.original(row);
        assertThat(original).isLessThanOrEqualTo(row);
        assertThat(found.stays(original)).isTrue();
        assertThat(finder.similarity(row, original)).isGreaterThanOrEqualTo(DEFAULTS.near());
      }
    }
  }

  @Test
  void who_is_clustered_with_whom_does_not_depend_on_the_order_of_rows() {
    List<String> texts = planted(7, 2_000);
    List<String> shuffled = new ArrayList<>(texts);
    Collections.shuffle(shuffled, new Random(1));
    assertThat(partition(shuffled, clusters(DEFAULTS, shuffled)))
        .isEqualTo(partition(texts, clusters(DEFAULTS, texts)));
  }

  @Test
  void further_rows_do_not_change_what_earlier_ones_duplicate() {
    List<String> texts = planted(8, 1_000);
    Clusters half = clusters(DEFAULTS, texts.subList(0, 500));
    Clusters all = clusters(DEFAULTS, texts);
    List<Integer> copies = originals(half);
    for (int row = 0; row < 500; row++) {
      if (half.copy(row)) {
        assertThat(all.original(row)).isEqualTo(copies.get(row));
      }
    }
    assertThat(all.rows()).isEqualTo(1_000);
  }

  @Test
  void signatures_may_be_made_in_any_order_by_any_thread() {
    List<String> texts = planted(9, 1_000);
    try (DuplicateFinder finder = DuplicateFinder.open(DEFAULTS, scratch)) {
      Signer signer = finder.signer();
      texts.parallelStream().map(signer::sign).toList().forEach(finder::add);
      Clusters found = finder.cluster((done, total) -> {}, () -> false);
      assertThat(originals(found)).isEqualTo(originals(clusters(DEFAULTS, texts)));
    }
  }

  @Test
  void a_search_tells_its_progress_and_can_be_stopped_and_asked_again() {
    List<String> texts = planted(10, 1_000);
    try (DuplicateFinder finder = DuplicateFinder.open(DEFAULTS, scratch)) {
      texts.forEach(finder::add);
      assertThatThrownBy(() -> finder.cluster((done, total) -> {}, () -> true))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("interrupted");
      List<Long> told = new ArrayList<>();
      Clusters found =
          finder.cluster(
              (done, total) -> {
                assertThat(total).isEqualTo(28_000);
                told.add(done);
              },
              () -> false);
      assertThat(told).isSorted().endsWith(28_000L).hasSizeGreaterThan(20);
      assertThat(originals(found)).isEqualTo(originals(clusters(DEFAULTS, texts)));
    }
  }

  @Test
  void scratch_files_are_gone_on_close() throws IOException {
    try (DuplicateFinder finder = DuplicateFinder.open(DEFAULTS, scratch.resolve("new"))) {
      finder.add("text");
    }
    try (var left = Files.list(scratch.resolve("new"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void a_folder_that_cannot_be_made_is_named() throws IOException {
    Path file = Files.writeString(scratch.resolve("file"), "");
    assertThatThrownBy(() -> DuplicateFinder.open(DEFAULTS, file.resolve("folder")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.resolve("folder").toString())
        .hasMessageContaining("Name a folder");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void a_full_disk_is_an_error_that_says_so() throws IOException {
    Path full = Path.of("/dev/full");
    FileChannel channel = FileChannel.open(full, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try (ScratchFile file = new ScratchFile(full, channel)) {
      assertThatThrownBy(() -> file.append(ByteBuffer.allocate(3 << 20)))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("/dev/full")
          .hasMessageContaining("No space left on device")
          .hasMessageContaining("Make room");
    }
  }

  @Test
  void settings_that_cannot_be_meant_are_complained_of_together() {
    assertThatThrownBy(() -> new DuplicateSettings(0.05, TextNormal.WORDS, 0, 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("duplicates.near is 0.05")
        .hasMessageContaining("duplicates.shingle is 0");
  }
}
