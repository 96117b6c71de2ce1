package dev.luthier.data.prepared;

import static dev.luthier.data.prepared.PreparedSets.document;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.TrainingData;
import dev.luthier.data.prepared.PreparedSets.SetRow;
import dev.luthier.format.Hashes;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreparedSetTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static List<SetRow> rows() {
    return List.of(
        SetRow.of(4, document(4, 7, 3)),
        SetRow.of(5, document(5, 2, 1), document(5, 5, 0)),
        SetRow.of(9, document(9, 9, 8)));
  }

  private PreparedSet write(String name, boolean packing, List<SetRow> rows) {
    return PreparedSets.write(
        folder.resolve(name),
        PreparedSets.about(10, packing, Map.of("data", Map.of("seed", 42))),
        Map.of("train", rows));
  }

  private static Map<String, byte[]> bytes(Path folder) throws IOException {
    Map<String, byte[]> out = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        out.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return out;
  }

  private static ByteBuffer little(Map<String, byte[]> files, String name) {
    return ByteBuffer.wrap(Objects.requireNonNull(files.get(name))).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void the_files_have_the_bytes_that_are_specified() throws IOException {
    Map<String, byte[]> files = bytes(write("set", true, rows()).folder());
    assertThat(files.keySet())
        .containsExactly(
            "manifest.json",
            "train.documents",
            "train.jsonl",
            "train.labels",
            "train.packs",
            "train.rows",
            "train.tokens");
    assertThat(files.get("train.jsonl"))
        .asString()
        .isEqualTo("{\"row\":4}\n{\"row\":5}\n{\"row\":9}\n");
    ByteBuffer tokens = little(files, "train.tokens");
    assertThat(tokens.capacity()).isEqualTo(4 * 23);
    assertThat(tokens.getInt(4 * 6)).isEqualTo(16);
    assertThat(tokens.getInt(4 * 7)).isEqualTo(10);
    // 3 read and 4 trained, 1 read and 1 trained, 5 trained, 8 read and 1 trained
    assertThat(files.get("train.labels")).containsExactly(0b0111_1000, 0b0011_1111, 0b0100_0000);
    ByteBuffer second =
        little(files, "train.documents").position(24).slice().order(ByteOrder.LITTLE_ENDIAN);
    assertThat(second.getLong()).isEqualTo(7);
    assertThat(second.getInt()).isEqualTo(2);
    assertThat(second.getInt()).isEqualTo(1);
    assertThat(second.getLong()).isEqualTo(0);
    ByteBuffer last =
        little(files, "train.rows").position(48).slice().order(ByteOrder.LITTLE_ENDIAN);
    assertThat(last.getLong()).isEqualTo(20);
    assertThat(last.getInt()).isEqualTo(9);
    assertThat(last.getInt()).isEqualTo(0);
    assertThat(last.getInt()).isEqualTo(9);
    assertThat(last.getInt()).isEqualTo(3);
    // 9 opens a sequence, 7 opens one, 5 opens one that 2 does not go to, for 7 + 2 is fuller
    int[] packs = new int[8];
    little(files, "train.packs").asIntBuffer().get(packs);
    assertThat(packs).containsExactly(0, 1, 3, 4, 3, 0, 1, 2);
  }

  @Property(tries = 40)
  void what_is_written_is_read_whatever_the_segments(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 97) int segment, @ForAll boolean packing)
      throws IOException {
    Path temp = Files.createTempDirectory("prepared");
    Random random = new Random(seed);
    List<SetRow> rows = new ArrayList<>();
    List<TokenSequence> all = new ArrayList<>();
    for (int r = 0; r < random.nextInt(30); r++) {
      List<TokenSequence> documents = new ArrayList<>();
      for (int d = 0; d < 1 + random.nextInt(3); d++) {
        int[] tokens = random.ints(1 + random.nextInt(20), 0, 1 << 20).toArray();
        int[] labels = tokens.clone();
        for (int i = 0; i < labels.length; i++) {
          labels[i] = random.nextBoolean() ? tokens[i] : TokenSequence.IGNORED;
        }
        documents.add(new TokenSequence(tokens, labels, 1 + 2 * r));
      }
      rows.add(new SetRow(0, "{\"ü\":\"" + "x".repeat(random.nextInt(40)) + "\"}", documents));
      all.addAll(documents);
    }
    PreparedSets.write(
        temp.resolve("set"), PreparedSets.about(20, packing, Map.of()), Map.of("a", rows));
    PreparedSet set = PreparedSet.open(temp.resolve("set"), segment);
    set.verify();
    PreparedSplit split = set.split("a");
    assertThat(split.rows()).isEqualTo(rows.size());
    assertThat(split.documents()).isEqualTo(all.size());
    assertThat(split.counts().tokens())
        .isEqualTo(all.stream().mapToLong(TokenSequence::length).sum());
    assertThat(split.counts().trainedTokens())
        .isEqualTo(all.stream().mapToLong(TokenSequence::trained).sum());
    for (int d = 0; d < all.size(); d++) {
      same(split.document(d), all.get(d));
      assertThat(split.length(d)).isEqualTo(all.get(d).length());
      assertThat(split.part(d)).isEqualTo(Part.TEXT);
    }
    for (int r = 0; r < rows.size(); r++) {
      assertThat(split.json(r)).isEqualTo(rows.get(r).json());
      assertThat(split.lineage(r)).hasToString("rows.jsonl row " + (1 + 2 * r));
      assertThat(split.firstDocument(r + 1) - split.firstDocument(r))
          .isEqualTo(rows.get(r).documents().size());
      assertThat(split.row(split.firstDocument(r))).isEqualTo(r);
    }
    List<List<TokenSequence>> expected = new TrainingData(all, split.report(), 1).rows(packing, 20);
    assertThat(split.packed()).hasSize(expected.size());
    for (int s = 0; s < expected.size(); s++) {
      assertThat(split.packed().get(s)).hasSameSizeAs(expected.get(s));
      assertThat(split.sequenceLength(s))
          .isEqualTo(expected.get(s).stream().mapToInt(TokenSequence::length).sum());
      for (int d = 0; d < expected.get(s).size(); d++) {
        same(split.packed().get(s).get(d), expected.get(s).get(d));
      }
    }
  }

  private static void same(TokenSequence actual, TokenSequence expected) {
    assertThat(actual.tokens()).isEqualTo(expected.tokens());
    assertThat(actual.labels()).isEqualTo(expected.labels());
    assertThat(actual.row()).isEqualTo(expected.row());
  }

  @Test
  void the_manifest_comes_back_as_it_was() {
    PreparedSet set = write("set", true, rows());
    Manifest manifest = set.manifest();
    assertThat(manifest.origin()).isEqualTo(PreparedSets.ORIGIN);
    assertThat(manifest.about().settings()).isEqualTo(Map.of("data", Map.of("seed", 42)));
    assertThat(set.split("train").counts().facts()).isEqualTo(PreparedSets.FACTS);
    assertThat(set.split("train").counts().lengths().median()).isEqualTo(5);
    assertThat(set.split("train").report().turnEnds()).containsExactlyInAnyOrder(5, 7);
    ObjectNode json = Json.read(set.folder().resolve("manifest.json"));
    assertThat(json).hasToString(manifest.json().toString());
    assertThat(json.path("hash").asText()).isEqualTo(set.hash()).hasSize(64);
  }

  @Test
  void twice_the_same_are_the_same_bytes() throws IOException {
    Map<String, byte[]> first = bytes(write("a", true, rows()).folder());
    Map<String, byte[]> second = bytes(write("b", true, rows()).folder());
    assertThat(second.keySet()).isEqualTo(first.keySet());
    second.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(first.get(name)));
  }

  @Test
  void any_other_token_label_row_or_setting_gives_another_hash() {
    List<SetRow> rows = rows();
    List<String> hashes = new ArrayList<>();
    hashes.add(write("a", true, rows).hash());
    hashes.add(write("b", false, rows).hash());
    hashes.add(write("c", true, List.of(rows.get(0), rows.get(2), rows.get(1))).hash());
    hashes.add(
        write("d", true, List.of(SetRow.of(4, document(4, 7, 2)), rows.get(1), rows.get(2)))
            .hash());
    hashes.add(
        write("e", true, List.of(SetRow.of(4, document(4, 8, 3)), rows.get(1), rows.get(2)))
            .hash());
    hashes.add(
        PreparedSets.write(
                folder.resolve("f"),
                PreparedSets.about(10, true, Map.of("data", Map.of("seed", 43))),
                Map.of("train", rows))
            .hash());
    assertThat(hashes).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokens", "labels", "documents", "rows", "jsonl", "packs"})
  void a_truncated_file_is_named_with_what_it_has_and_should_have(String suffix)
      throws IOException {
    Path set = write("set", true, rows()).folder();
    Path file = set.resolve("train." + suffix);
    long size = Files.size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size - 1);
    }
    assertThatThrownBy(() -> PreparedSet.open(set))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file + " has " + (size - 1) + " bytes, expected " + size);
    Files.delete(file);
    assertThatThrownBy(() -> PreparedSet.open(set))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file + " cannot be read: there is no such file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokens", "labels", "documents", "rows", "jsonl", "packs"})
  void one_flipped_bit_is_found_by_verify(String suffix) throws IOException {
    Path set = write("set", true, rows()).folder();
    byte[] bytes = Files.readAllBytes(set.resolve("train." + suffix));
    bytes[bytes.length / 2] ^= 4;
    Files.write(set.resolve("train." + suffix), bytes);
    PreparedSet open = PreparedSet.open(set);
    assertThatThrownBy(open::verify)
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("train." + suffix + " has SHA-256 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"documents", "rows", "packs"})
  void records_that_point_nowhere_are_an_error_of_our_own(String suffix) throws IOException {
    Path set = write("set", true, rows()).folder();
    byte[] bytes = Files.readAllBytes(set.resolve("train." + suffix));
    Arrays.fill(bytes, (byte) 0x7f);
    Files.write(set.resolve("train." + suffix), bytes);
    PreparedSplit split = PreparedSet.open(set).split("train");
    assertThatThrownBy(
            () -> {
              split.packed().get(0);
              split.json(0);
            })
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("of the split train is damaged");
  }

  @Test
  void another_version_says_so() {
    Path set = write("set", true, rows()).folder();
    Path file = set.resolve("manifest.json");
    Json.write(file, Json.read(file).put("version", 2));
    assertThat(PreparedSet.isOne(set)).isTrue();
    assertThatThrownBy(() -> PreparedSet.open(set))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("is of version 2; this Luthier reads version 1")
        .hasMessageContaining("luthier data prepare");
  }

  @Test
  void a_manifest_changed_by_hand_is_refused() {
    Path set = write("set", true, rows()).folder();
    Path file = set.resolve("manifest.json");
    ObjectNode json = Json.read(file);
    ((ObjectNode) json.at("/about/encodedWith")).put("maxLength", 11);
    Json.write(file, json);
    assertThatThrownBy(() -> PreparedSet.open(set))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("but its content gives");
    ((ObjectNode) json.at("/splits/train")).remove("documents");
    Json.write(file, json);
    assertThatThrownBy(() -> PreparedSet.open(set))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("documents");
  }

  @Test
  void a_folder_of_something_else_is_no_set() throws IOException {
    assertThat(PreparedSet.isOne(folder)).isFalse();
    assertThatThrownBy(() -> PreparedSet.open(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("is no prepared set: it has no manifest.json");
    Files.writeString(folder.resolve("manifest.json"), "{\"format\": \"web app\"}");
    assertThat(PreparedSet.isOne(folder)).isFalse();
    assertThatThrownBy(() -> PreparedWriter.checkFree(folder))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is no prepared set");
  }

  @Test
  void writing_the_same_set_again_is_fine_and_another_one_in_its_place_is_not() throws IOException {
    PreparedSet set = write("set", true, rows());
    Map<String, byte[]> before = bytes(set.folder());
    assertThat(write("set", true, rows()).hash()).isEqualTo(set.hash());
    assertThatThrownBy(() -> write("set", false, rows()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("holds another set (" + set.hash() + ")");
    assertThat(bytes(set.folder()).keySet()).isEqualTo(before.keySet());
    PreparedSet.open(set.folder()).verify();
    assertThat(folder).isDirectoryContaining(p -> p.endsWith("set"));
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all).containsExactly(set.folder());
    }
  }

  @Test
  void what_fails_between_two_splits_leaves_nothing() throws IOException {
    Path target = folder.resolve("set");
    assertThatThrownBy(
            () ->
                PreparedWriter.write(
                    target,
                    PreparedSets.about(10, true, Map.of()),
                    set -> {
                      SplitWriter train = set.split("train");
                      train.row(0, 1, new byte[] {'{', '}'});
                      train.document(Part.TEXT, document(1, 3, 1));
                      set.finish("train", PreparedSets.FACTS);
                      set.split("eval").row(0, 2, new byte[] {'{', '}'});
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("No space left on device");
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all).isEmpty();
    }
  }

  @Test
  void a_writer_that_was_killed_leaves_no_set_and_its_rest_goes_with_the_next() throws IOException {
    // what a killed process leaves: no process has this number
    Path rest = Files.createDirectories(folder.resolve(".set.luthier-999999999-1.tmp"));
    Files.writeString(rest.resolve("train.tokens"), "half");
    assertThat(PreparedSet.isOne(folder.resolve("set"))).isFalse();
    write("set", true, rows());
    try (Stream<Path> all = Files.list(folder)) {
      assertThat(all).containsExactly(folder.resolve("set"));
    }
  }

  @Test
  void a_template_of_its_own_is_carried_and_checked() throws IOException {
    String text = "{{ messages[0].content }}";
    Path mine = Files.writeString(folder.resolve("mine.jinja"), text);
    EncodedWith with =
        new EncodedWith(
            "t".repeat(64),
            mine.toString(),
            Hashes.text(text),
            TrainOn.ALL,
            TrainOnEnd.TURN,
            10,
            false);
    Manifest.About about = new Manifest.About(Kind.SFT, Map.of(), with);
    PreparedSets.write(folder.resolve("set"), about, Map.of("train", rows()));
    Files.writeString(mine, "another");
    assertThatThrownBy(() -> PreparedSets.write(folder.resolve("b"), about, Map.of()))
        .hasMessageContaining("was changed meanwhile");
    PreparedSet set = PreparedSet.open(folder.resolve("set"));
    assertThat(set.template().orElseThrow()).hasContent(text);
    Files.writeString(set.template().orElseThrow(), text + " ");
    assertThatThrownBy(set::verify).hasMessageContaining("chat_template.jinja has SHA-256");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "..", "-x", "ü"})
  void names_that_a_file_system_may_refuse_are_refused(String name) {
    assertThatThrownBy(
            () ->
                PreparedSets.write(
                    folder.resolve("set"),
                    PreparedSets.about(10, true, Map.of()),
                    Map.of(name, rows())))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("cannot be a split's name");
  }

  @Test
  void documents_that_a_sequence_cannot_take_are_refused() {
    assertThatThrownBy(() -> write("set", true, List.of(SetRow.of(1, document(1, 11, 1)))))
        .hasMessageContaining("a document of 11 tokens, a sequence takes 10");
  }
}
