package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCorpusTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.?!])|[\"\n:]");
  private static final Pattern MESSAGE =
      Pattern.compile("<\\|im_start\\|>(user|assistant)\n([^<]*)<\\|im_end\\|>\n");

  @Test
  void the_file_has_the_size_asked_for_and_is_the_same_every_time(@TempDir Path dir)
      throws Exception {
    Path first = dir.resolve("a.jsonl");
    DemoCorpus.write(first, 42, 200_000);
    DemoCorpus.write(dir.resolve("b.jsonl"), 42, 200_000);
    DemoCorpus.write(dir.resolve("c.jsonl"), 43, 200_000);

    assertThat(Files.size(first)).isBetween(200_000L, 204_000L);
    assertThat(dir.resolve("b.jsonl")).hasSameBinaryContentAs(first);
    assertThat(Files.mismatch(first, dir.resolve("c.jsonl"))).isNotNegative();
    assertThat(sha256(first))
        .isEqualTo("6038d488221a0f22cd3860af08ada562accc202f369f3dbe55083776845c6f00");
    for (String line : Files.readAllLines(first)) {
      assertThat(JSON.readTree(line).get("text").asText()).isNotBlank();
    }
  }

  @Test
  void conversations_are_whole_messages_in_turn() {
    for (String document : documents(5, 5_000)) {
      if (document.contains("<|")) {
        assertThat(MESSAGE.matcher(document).replaceAll("$1 ")).matches("(user assistant )+");
      }
    }
  }

  @Test
  void a_sentence_alone_is_answered_with_itself() {
    int alone = 0;
    for (String document : documents(6, 5_000)) {
      List<String> messages =
          MESSAGE.matcher(document).results().map(found -> found.group(2)).toList();
      for (int i = 0; i + 1 < messages.size(); i += 2) {
        if (messages.get(i).equals(messages.get(i + 1))) {
          alone++;
        }
      }
    }
    assertThat(alone).isGreaterThan(1_000);
  }

  @Test
  void no_sentence_has_its_place_or_object_in_front() {
    for (String document : documents(7, 20_000)) {
      for (String sentence : SENTENCE_END.split(document)) {
        String stripped = sentence.replace('"', ' ').strip();
        int comma = stripped.indexOf(", ");
        if (comma >= 0 && stripped.endsWith(".")) {
          String front = stripped.substring(0, comma);
          assertThat(StoryWriter.CONNECTORS.contains(front) || front.equals("I am fine"))
              .as(stripped)
              .isTrue();
        }
      }
    }
  }

  @Test
  void the_yoda_form_of_none_of_its_sentences_occurs() {
    String text = String.join("\n", documents(8, 3_000)).toLowerCase(Locale.ROOT);
    DemoData data = DemoData.generate(8);
    Stream.concat(data.train().stream(), data.heldOut().stream())
        .forEach(
            sentence -> {
              assertThat(text).doesNotContain(sentence.yoda().toLowerCase(Locale.ROOT));
              assertThat(text).doesNotContain(sentence.plain().toLowerCase(Locale.ROOT));
            });
  }

  @Test
  void its_sentences_belong_to_neither_part_of_the_demo_data() {
    int sentences = 0;
    for (String document : documents(9, 5_000)) {
      List<String> messages =
          MESSAGE.matcher(document).results().map(found -> found.group(2)).toList();
      for (String message : messages) {
        if (message.matches("\\p{Lu}[\\w' ]* [\\w' ]* [\\w' ]*\\.") && isLong(message)) {
          sentences++;
          assertThat(Split.of(message)).as(message).isEqualTo(Split.CORPUS);
        }
      }
    }
    assertThat(sentences).isGreaterThan(1_000);
  }

  @Test
  void the_demo_data_shares_no_sentence_between_its_parts() {
    for (long seed = 0; seed < 4; seed++) {
      DemoData data = DemoData.generate(seed);
      Set<String> all = new HashSet<>();
      data.train().forEach(s -> all.add(s.plain().toLowerCase(Locale.ROOT)));
      data.heldOut().forEach(s -> all.add(s.plain().toLowerCase(Locale.ROOT)));

      assertThat(data.heldOut()).hasSizeGreaterThanOrEqualTo(250);
      assertThat(all).hasSize(data.train().size() + data.heldOut().size());
      assertThat(data.heldOut()).allMatch(s -> Split.of(s.plain()) == Split.HELD_OUT);
      assertThat(data.train()).allMatch(s -> Split.of(s.plain()) == Split.TRAIN);
    }
  }

  @Test
  void the_demo_data_is_chat_rows_without_an_instruction(@TempDir Path dir) throws Exception {
    DemoData.write(dir, 42);
    DemoData data = DemoData.generate(42);
    List<String> lines = Files.readAllLines(dir.resolve("heldout.jsonl"));

    assertThat(lines).hasSize(data.heldOut().size());
    JsonNode messages = JSON.readTree(lines.get(0)).get("messages");
    assertThat(messages.get(0).get("role").asText()).isEqualTo("user");
    assertThat(messages.get(0).get("content").asText()).isEqualTo(data.heldOut().get(0).plain());
    assertThat(messages.get(1).get("role").asText()).isEqualTo("assistant");
    assertThat(messages.get(1).get("content").asText()).isEqualTo(data.heldOut().get(0).yoda());
    assertThat(sha256(dir.resolve("train.jsonl")))
        .isEqualTo("e244da35e5c2f4c60dcaf2e71ada9abf5047e2bc7ef6a67c9813562614cf5882");
  }

  private static List<String> documents(long seed, int count) {
    DemoCorpus corpus = new DemoCorpus(seed);
    return Stream.generate(corpus::next).limit(count).toList();
  }

  /** Whether it is more than an answer such as "On the smooth planks." */
  private static boolean isLong(String message) {
    return message.split(" ").length > 8;
  }

  private static String sha256(Path file)
      throws IOException, java.security.GeneralSecurityException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(digest);
  }
}
