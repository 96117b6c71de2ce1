package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vocabularies as llama2.c's tokenizer.py exports them. */
class Llama2cTokenizerTest {
  private static final int BYTES = 3; // the token of byte 0
  private static final int SPACE = BYTES + 256;

  @TempDir private Path folder = Path.of("");
  private final List<String> tokens = new ArrayList<>(List.of("<unk>", "\n<s>\n", "\n</s>\n"));

  @BeforeEach
  void make() {
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format(Locale.ROOT, "<0x%02X>", b));
    }
    tokens.addAll(List.of(" ", "a", "b", "c", " a", "bc", " ab"));
  }

  private byte[] vocabulary() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(little(4).putInt(6).array());
    for (int i = 0; i < tokens.size(); i++) {
      byte[] text = tokens.get(i).getBytes(StandardCharsets.UTF_8);
      out.writeBytes(little(8).putFloat(-i).putInt(text.length).array());
      out.writeBytes(text);
    }
    return out.toByteArray();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A model of zeros: dim 4, hidden_dim 4, a layer, 2 heads, a sequence of 8, tied. */
  private Path model(int vocabulary) throws IOException {
    int weights = 4 * vocabulary + 4 + 4 * 16 + 4 + 3 * 16 + 4 + 2 * 8;
    ByteBuffer out = little(28 + 4 * weights);
    for (int size : new int[] {4, 4, 1, 2, 2, vocabulary, 8}) {
      out.putInt(size);
    }
    return Files.write(folder.resolve("model.bin"), out.array());
  }

  @Test
  void gives_the_ids_of_the_sentencepiece_model_that_it_was_exported_from() throws IOException {
    Path file = Files.write(folder.resolve("tokenizer.bin"), vocabulary());
    Tokenizer tokenizer = Tokenizer.load(file);
    assertThat(tokenizer.encodeIds("ab  cé", true))
        .containsExactly(
            1, SPACE + 6, SPACE, SPACE, SPACE + 3, BYTES + 0xC3, BYTES + 0xA9); // " ab", " ", ...
    // " a" is made first, then "bc" before " ab"
    assertThat(tokenizer.encodeIds("abc", false)).containsExactly(SPACE + 4, SPACE + 5);
    assertThat(tokenizer.bosId()).hasValue(1);
    assertThat(tokenizer.eosId()).hasValue(2);
    int[] ids = tokenizer.encodeIds("a ab\nbc é", true);
    assertThat(tokenizer.decode(ids, true)).isEqualTo("a ab\nbc é");
  }

  @Test
  void beside_a_model_the_one_with_as_many_tokens_is_taken() throws IOException {
    Path model = model(tokens.size());
    Path fitting = Files.write(folder.resolve("fits.bin"), vocabulary());
    tokens.add("ca");
    Files.write(folder.resolve("larger.bin"), vocabulary());
    assertThat(TokenizerSource.at(model).files()).containsExactly(fitting.toAbsolutePath());
    Files.copy(fitting, folder.resolve("again.bin"));
    assertThatThrownBy(() -> Tokenizer.load(model))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("tokenizer.model")
        .hasMessageContaining("tokenizer.bin");
  }

  @Test
  void what_ends_early_goes_on_or_is_no_text_is_none() throws IOException {
    byte[] good = vocabulary();
    Path file = folder.resolve("tokenizer.bin");
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    byte[] shorter = Arrays.copyOf(good, good.length - 1);
    byte[] huge = good.clone();
    huge[8] = 127; // a token of more bytes than the longest
    byte[] broken = good.clone();
    broken[12] = (byte) 0xC3; // half a character
    for (byte[] bad : List.of(longer, shorter, huge, broken, new byte[0], new byte[4])) {
      Files.write(file, bad);
      assertThatThrownBy(() -> Tokenizer.load(file))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining(file.toString());
    }
  }
}
