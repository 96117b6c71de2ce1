package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFilesTest {
  private static final List<String> TEXTS =
      List.of("", "ab ab", " a  b<s>a", "</s>é🙂", "hello Hellos [MASK]");

  @TempDir private Path from = Path.of("");
  @TempDir private Path to = Path.of("");

  /** What is written is what was read, though nothing but tokenizer.json is left of the source. */
  private void assertCarried(Path model) throws IOException {
    Tokenizer expected = Tokenizer.load(model);
    TokenizerFiles.carry(model, to);
    assertThat(to.resolve("tokenizer.json")).exists();
    assertThat(TokenizerSource.at(to).kind()).isEqualTo(TokenizerSource.Kind.TOKENIZER_JSON);
    Tokenizer carried = Tokenizer.load(to);
    for (String text : TEXTS) {
      assertThat(carried.encodeIds(text, true)).isEqualTo(expected.encodeIds(text, true));
      int[] ids = expected.encodeIds(text, false);
      assertThat(carried.decode(ids, false)).isEqualTo(expected.decode(ids, false));
    }
    assertThat(carried.specialTokensForTemplate()).isEqualTo(expected.specialTokensForTemplate());
    assertThat(carried.specialIds()).isEqualTo(expected.specialIds());
    assertThat(carried.vocabSize()).isEqualTo(expected.vocabSize());
    assertThat(carried.chatTemplateSource(false)).isEqualTo(expected.chatTemplateSource(false));
    assertThat(carried.chatTemplateSource(true)).isEqualTo(expected.chatTemplateSource(true));
  }

  @Test
  void sentence_pieces_get_a_tokenizer_json_that_knows_their_roles() throws IOException {
    SentencePieceConverterTest.llama().write(from.resolve("tokenizer.model"));
    assertCarried(from);
    assertThat(to.resolve("tokenizer.model")).exists();
    assertThat(Tokenizer.load(to).bosToken()).contains("<s>");
  }

  @Test
  void what_a_config_says_already_stays_as_it_is() throws IOException {
    SentencePieceConverterTest.llama().write(from.resolve("any.model"));
    Files.writeString(
        from.resolve("tokenizer_config.json"),
        "{\"tokenizer_class\": \"LlamaTokenizer\", \"eos_token\": \"ab\", \"add_eos_token\": true,"
            + " \"chat_template\": \"{{ bos_token }}\"}");
    assertCarried(from);
    assertThat(Files.readString(to.resolve("tokenizer_config.json")))
        .contains("LlamaTokenizer")
        .contains("add_eos_token");
  }

  @Test
  void word_pieces() throws IOException {
    Files.writeString(
        from.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n##s\n");
    assertCarried(from);
  }

  @Test
  void a_gguf_file_gives_its_templates_too() throws IOException {
    Path file = from.resolve("model.gguf");
    GgufTokenizerTest.llama()
        .texts("tokenizer.chat_templates", "tool_use")
        .text("tokenizer.chat_template", "plain")
        .text("tokenizer.chat_template.tool_use", "tools")
        .write(file);
    assertCarried(file);
  }

  @Test
  void a_tokenizer_json_is_copied_as_it_is() throws IOException {
    Path model = TestTokenizers.chatFolder();
    TokenizerFiles.carry(model, to);
    assertThat(to.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(model.resolve("tokenizer.json"));
    assertThat(to.resolve("tokenizer_config.json"))
        .hasSameBinaryContentAs(model.resolve("tokenizer_config.json"));
  }

  @Test
  void a_folder_without_a_tokenizer_gives_none() throws IOException {
    TokenizerFiles.carry(from, to);
    assertThat(to).isEmptyDirectory();
  }
}
