package dev.luthier.tokenizer;

import static dev.luthier.tokenizer.SentencePieceFile.CONTROL;
import static dev.luthier.tokenizer.SentencePieceFile.NORMAL;
import static dev.luthier.tokenizer.SentencePieceFile.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ids as transformers' XLMRobertaTokenizer and CamembertTokenizer count them. */
class FairseqPiecesTest {
  private static final String NAME = "sentencepiece.bpe.model";

  @TempDir private Path folder = Path.of("");

  /** In the file: unk 0, s 1, /s 2, comma 3, space 4, cat 5, the 6. */
  private Tokenizer load(String name, String type) throws IOException {
    new SentencePieceFile()
        .piece("<unk>", 0, UNKNOWN)
        .piece("<s>", 0, CONTROL)
        .piece("</s>", 0, CONTROL)
        .piece(",", -3, NORMAL)
        .piece("▁", -4, NORMAL)
        .piece("▁cat", -2, NORMAL)
        .piece("▁the", -1, NORMAL)
        .trainer(3, 1)
        .write(folder.resolve(name));
    Files.writeString(folder.resolve("config.json"), type);
    return Tokenizer.load(folder);
  }

  @ParameterizedTest
  @CsvSource({
    // offset 1: four special tokens in place of the file's three, the mask after all
    "xlm-roberta, 0 7 6 4 3 2, 0, 2, 3, 1, 8",
    // offset 4: five before the file's second
    "camembert, 5 10 9 7 3 6, 5, 6, 3, 1, 11",
  })
  void pieces_are_moved_by_fairseq_s_special_tokens(
      String type, String ids, int bos, int eos, int unk, int pad, int mask) throws IOException {
    Tokenizer tokenizer = load(NAME, "{\"model_type\": \"" + type + "\"}");
    assertThat(tokenizer.encodeIds("the  cat,x", true))
        .containsExactly(Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray());
    assertThat(tokenizer.bosId()).hasValue(bos);
    assertThat(tokenizer.eosId()).hasValue(eos);
    assertThat(tokenizer.unkId()).hasValue(unk);
    assertThat(tokenizer.padId()).hasValue(pad);
    assertThat(tokenizer.maskId()).hasValue(mask);
    assertThat(tokenizer.vocabSize()).isEqualTo(mask + 1);
    // the space before a mask is its own
    assertThat(tokenizer.encodeIds("the <mask>", false)).hasSize(2).endsWith(mask);
    assertThat(tokenizer.decode(tokenizer.encodeIds("the cat,", true), true)).isEqualTo("the cat,");
  }

  @Test
  void a_file_of_this_name_without_a_family_is_refused() {
    assertThatThrownBy(() -> load(NAME, "{\"model_type\": \"mbart\"}"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("name mbart")
        .hasMessageContaining("tokenizer_class");
    assertThatThrownBy(() -> load(NAME, "{}"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("name no family");
  }

  @Test
  void a_model_that_begins_otherwise_is_refused() {
    assertThatThrownBy(
            () -> {
              new SentencePieceFile()
                  .piece("<unk>", 0, UNKNOWN)
                  .piece("a", 0, NORMAL)
                  .write(folder.resolve(NAME));
              Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"camembert\"}");
              Tokenizer.load(folder);
            })
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("does not begin with <unk>, <s> and </s>");
  }
}
