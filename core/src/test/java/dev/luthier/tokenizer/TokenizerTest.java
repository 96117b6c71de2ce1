package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private final Tokenizer tokenizer = TestTokenizers.chat();

  @Test
  void special_tokens_have_names_and_ids() {
    assertThat(tokenizer.vocabSize()).isEqualTo(400);
    assertThat(tokenizer.bosToken()).isEmpty();
    assertThat(tokenizer.bosId()).isEmpty();
    assertThat(tokenizer.eosToken()).hasValue("<|im_end|>");
    assertThat(tokenizer.eosId()).hasValue(2);
    assertThat(tokenizer.padId()).hasValue(0);
    assertThat(tokenizer.unkId()).isEmpty();
    assertThat(tokenizer.specialIds()).isEqualTo(Set.of(0, 1, 2));
    assertThat(tokenizer.token(1)).isEqualTo("<|im_start|>");
    assertThat(tokenizer.idOf("<|im_start|>")).hasValue(1);
    assertThat(tokenizer.idOf("no such token")).isEqualTo(OptionalInt.empty());
    assertThat(tokenizer.isToken(399)).isTrue();
    assertThat(tokenizer.isToken(400)).isFalse();
    assertThat(tokenizer.addBosToken()).isFalse();
    assertThat(tokenizer.specialTokensForTemplate())
        .isEqualTo(Map.of("eos_token", "<|im_end|>", "pad_token", "<|endoftext|>"));
    assertThat(tokenizer.chatTemplateSource(true)).hasValue(TestTokenizers.CHATML);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain words",
        "\r\n two\r\n\r\nlines \r",
        "e\u0301 combining, 日本語, 한국어",
        "🙂🙃 and 👩‍👩‍👧 x",
        "nul \u0000 byte",
        " leading and trailing  ",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
        "<|im_start|>user\n🚀<|im_end|>"
      })
  void spans_cover_the_text_in_javas_positions(String text) {
    Encoding encoding = tokenizer.encode(text, false);
    assertThat(encoding.ids()).isEqualTo(tokenizer.encodeIds(text, false));
    assertThat(tokenizer.decode(encoding.ids(), false)).isEqualTo(text);
    int covered = 0;
    for (int i = 0; i < encoding.length(); i++) {
      // A token begins where the one before ended, or shares its last character.
      assertThat(encoding.starts()[i]).isLessThanOrEqualTo(covered);
      assertThat(encoding.ends()[i]).isGreaterThanOrEqualTo(covered);
      assertThat(encoding.ends()[i]).isGreaterThan(encoding.starts()[i]);
      covered = encoding.ends()[i];
    }
    assertThat(covered).isEqualTo(text.length());
  }

  @Test
  void tokens_that_share_a_character_all_span_it() {
    Encoding encoding = tokenizer.encode("a\uD83E\uDD9Ez", false); // a lobster: four bytes
    assertThat(encoding.length()).isGreaterThan(3);
    int last = encoding.length() - 1;
    assertThat(encoding.starts()[0]).isEqualTo(0);
    for (int i = 1; i < last; i++) {
      assertThat(encoding.starts()[i]).isEqualTo(1);
      assertThat(encoding.ends()[i]).isEqualTo(3);
    }
    assertThat(encoding.starts()[last]).isEqualTo(3);
    assertThat(encoding.ends()[last]).isEqualTo(4);
  }

  @Test
  void half_a_surrogate_pair_reads_as_the_replacement_character() {
    assertThat(tokenizer.encodeIds("a\uD83Db\uDE42\uD83D", false))
        .isEqualTo(tokenizer.encodeIds("a\uFFFDb\uFFFD\uFFFD", false));
  }

  @Test
  void batches_keep_their_order() {
    List<String> texts = IntStream.range(0, 300).mapToObj(i -> "text number " + i).toList();
    List<Encoding> batch = tokenizer.encodeBatch(texts, false);
    for (int i = 0; i < texts.size(); i++) {
      assertThat(tokenizer.decode(batch.get(i).ids(), false)).isEqualTo(texts.get(i));
    }
  }

  @Test
  void bos_is_added_once(@TempDir Path folder) {
    Tokenizer withBos = TestTokenizers.write(folder, 300, TestTokenizers.roles(true));
    assertThat(withBos.addBosToken()).isTrue();
    Encoding added = withBos.encode("🙂 hi", true);
    assertThat(added.ids()[0]).isZero();
    assertThat(added.ends()[0]).isZero();
    assertThat(added.starts()[1]).isZero();
    Encoding there = withBos.encode("<|endoftext|>🙂 hi", true);
    assertThat(there.ids()).isEqualTo(added.ids());
    assertThat(there.ends()[0]).isEqualTo("<|endoftext|>".length());
    assertThat(withBos.encodeIds("<|endoftext|>🙂 hi", true)).isEqualTo(added.ids());
    assertThat(withBos.encodeIds("<|endoftext|><|endoftext|>", true)).containsExactly(0, 0);
    assertThat(withBos.encodeIds("", true)).containsExactly(0);
    assertThat(withBos.encodeRendered("").ids()).isEmpty();
  }

  @Test
  void truncation_padding_and_trimmed_offsets_of_the_file_are_off(@TempDir Path folder)
      throws IOException {
    String json = Files.readString(TestTokenizers.chatFolder().resolve("tokenizer.json"));
    json =
        json.replace(
                "\"truncation\" : null",
                """
                "truncation": {"direction": "Right", "max_length": 3,
                               "strategy": "LongestFirst", "stride": 0}""")
            .replace(
                "\"padding\" : null",
                """
                "padding": {"strategy": {"Fixed": 50}, "direction": "Right", "pad_to_multiple_of": null,
                            "pad_id": 0, "pad_type_id": 0, "pad_token": "<|endoftext|>"}""")
            .replace(
                "\"post_processor\" : null",
                """
                "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}""");
    assertThat(json).contains("Fixed").contains("max_length").contains("\"trim_offsets\": true");
    Path file = Files.writeString(folder.resolve("tokenizer.json"), json);
    Tokenizer same = Tokenizer.fromFile(file);
    String text = "one two three four\n five";
    assertThat(same.encode(text, true).ids()).isEqualTo(tokenizer.encode(text, true).ids());
    assertThat(same.encode(text, true).starts()).isEqualTo(tokenizer.encode(text, true).starts());
  }

  @Test
  void llama_classes_make_bos_and_eos_from_their_settings_and_others_do_not(@TempDir Path folder)
      throws IOException {
    TestTokenizers.write(folder, 300, TestTokenizers.roles(true));
    Path config = folder.resolve("tokenizer_config.json");
    String base =
        """
        {"tokenizer_class": "%s", "add_bos_token": %s, "add_eos_token": %s,
         "bos_token": {"content": "<|im_start|>"}, "eos_token": "<|im_end|>"}""";
    Files.writeString(config, base.formatted("LlamaTokenizerFast", true, true));
    assertThat(ends(Tokenizer.load(folder).encodeIds("hi", true))).containsExactly(1, 2);
    Files.writeString(config, base.formatted("LlamaTokenizer", false, true));
    assertThat(Tokenizer.load(folder).addBosToken()).isFalse();
    assertThat(ends(Tokenizer.load(folder).encodeIds("hi", true))[1]).isEqualTo(2);
    Files.writeString(config, base.formatted("PreTrainedTokenizerFast", false, true));
    int[] ids = Tokenizer.load(folder).encodeIds("hi", true);
    assertThat(ids[0]).isZero();
    assertThat(ids[ids.length - 1]).isGreaterThan(2);
  }

  private static int[] ends(int[] ids) {
    return new int[] {ids[0], ids[ids.length - 1]};
  }

  @Test
  void templates_come_from_the_first_source_that_has_them(@TempDir Path folder) throws IOException {
    TestTokenizers.write(folder, 300, TestTokenizers.roles(false));
    Path jinja = folder.resolve("chat_template.jinja");
    Files.writeString(jinja, "from the file");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"chat_template": [{"name": "default", "template": "from the list"},
                           {"name": "tool_use", "template": "for tools"}]}""");
    Files.writeString(
        folder.resolve("chat_template.json"), "{\"chat_template\": \"from the json\"}");
    assertThat(Tokenizer.load(folder).chatTemplateSource(false)).hasValue("from the file");
    assertThat(Tokenizer.load(folder).chatTemplateSource(true)).hasValue("for tools");
    Files.delete(jinja);
    assertThat(Tokenizer.load(folder).chatTemplateSource(false)).hasValue("from the list");
    Files.delete(folder.resolve("tokenizer_config.json"));
    assertThat(Tokenizer.load(folder).chatTemplateSource(false)).hasValue("from the json");
    Files.delete(folder.resolve("chat_template.json"));
    assertThat(Tokenizer.load(folder).chatTemplateSource(false)).isEmpty();
    // Named in special_tokens_map.json alone.
    assertThat(Tokenizer.load(folder).eosId()).hasValue(2);
  }

  @Test
  void tokens_that_only_the_config_knows_are_added(@TempDir Path folder) throws IOException {
    TestTokenizers.write(folder, 300, TestTokenizers.roles(false));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"added_tokens_decoder": {"300": {"content": "<tool>", "special": true},
                                  "301": {"content": "<plain>", "special": false}}}""");
    Tokenizer more = Tokenizer.load(folder);
    assertThat(more.vocabSize()).isEqualTo(302);
    assertThat(more.encodeIds("<tool><plain>", false)).containsExactly(300, 301);
    assertThat(more.specialIds()).contains(300).doesNotContain(301);
    assertThat(more.decode(new int[] {300, 301}, true)).isEqualTo("<plain>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"model\": 3}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": \"b\"}, \"merges\": []}}",
        "{\"model\": {\"type\": \"Nothing\", \"vocab\": {\"a\": 0}}}",
        "{\"added_tokens\": 7}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 4000000000}, \"merges\": []}}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 2147483647}, \"merges\": []}}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}, \"merges\": []}}",
        "{\"model\": {\"vocab\": {\"a\": 0}}, \"added_tokens\": [{\"id\": 1e9, \"content\": \"b\"}]}",
        "{\"model\": {\"vocab\": {\"a\": 0}}, \"post_processor\": {\"type\": \"TemplateProcessing\","
            + "\"single\": [{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}]}}",
        "{\"model\": {\"vocab\": {\"a\": 0}}, \"normalizer\": {\"precompiled_charsmap\": \"AAAA\"}}",
        "{\"model\": {\"vocab\": {\"a\": 0}}, \"normalizer\": {\"precompiled_charsmap\": \"////////\"}}"
      })
  void a_malformed_file_is_named_in_the_error(String json, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("tokenizer.json"), json);
    assertThatThrownBy(() -> Tokenizer.fromFile(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void deep_nesting_is_an_error(@TempDir Path folder) throws IOException {
    String deep = "[".repeat(3_000_000);
    Path file = Files.writeString(folder.resolve("tokenizer.json"), "{\"normalizer\":" + deep);
    assertThatThrownBy(() -> Tokenizer.fromFile(file)).isInstanceOf(LuthierException.class);
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"x\":" + deep);
    assertThatThrownBy(() -> Tokenizer.load(folder)).isInstanceOf(LuthierException.class);
  }

  @Test
  void a_folder_without_tokenizer_json_is_an_error(@TempDir Path folder) {
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("Expected a tokenizer.json in " + folder);
  }

  @Test
  void ids_outside_the_vocabulary_are_left_out_when_decoding() {
    int[] ids = tokenizer.encodeIds("ab", false);
    int[] more = {ids[0], 100_000, -1};
    assertThat(tokenizer.decode(more, false))
        .isEqualTo(tokenizer.decode(new int[] {ids[0]}, false));
    assertThatThrownBy(() -> tokenizer.token(100_000)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void merges_are_never_dropped_by_chance(@TempDir Path folder) throws IOException {
    String json = Files.readString(TestTokenizers.chatFolder().resolve("tokenizer.json"));
    String dropping = json.replace("\"dropout\" : null", "\"dropout\" : 0.9");
    assertThat(dropping).isNotEqualTo(json);
    Path file = Files.writeString(folder.resolve("tokenizer.json"), dropping);
    String text = "The birch canoe slid on the smooth planks.";
    assertThat(Tokenizer.fromFile(file).encodeIds(text, false))
        .isEqualTo(tokenizer.encodeIds(text, false));
  }

  @Test
  void sentence_piece_spans_leave_out_the_space_put_before_the_text() {
    Tokenizer llama = TestTokenizers.sentencePiece();
    Encoding encoding = llama.encode("ab 🙂a", true);
    List<String> tokens = IntStream.of(encoding.ids()).mapToObj(llama::token).toList();
    assertThat(tokens)
        .containsExactly("<s>", "▁ab", "▁", "<0xF0>", "<0x9F>", "<0x99>", "<0x82>", "a");
    assertThat(encoding.starts()).containsExactly(0, 0, 2, 3, 3, 3, 3, 5);
    assertThat(encoding.ends()).containsExactly(0, 2, 3, 5, 5, 5, 5, 6);
    assertThat(llama.decode(encoding.ids(), true)).isEqualTo("ab 🙂a");
  }
}
