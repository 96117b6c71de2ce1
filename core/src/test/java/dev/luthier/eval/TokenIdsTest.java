package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.Json;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenIdsTest {
  private static final LoadedModel TINY =
      new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).fresh(config(), 1);

  private static ObjectNode config() {
    return Json.object()
        .put("model_type", "llama")
        .put("vocab_size", 10)
        .put("hidden_size", 4)
        .put("intermediate_size", 4)
        .put("num_hidden_layers", 1)
        .put("num_attention_heads", 1);
  }

  private static TokenIds read(Path folder, String json) throws IOException {
    Path file = folder.resolve("ids.json");
    Files.writeString(file, json);
    return TokenIds.read(file, TINY);
  }

  @Test
  void positions_count_padding_and_the_mask_is_all_ones_unless_given(@TempDir Path folder)
      throws IOException {
    TokenIds ids = read(folder, "{\"input_ids\":[[1,2,3],[4,5,6]]}");
    assertThat(ids.places().positions()).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(ids.places().documents()).containsOnly(1);
    TokenIds padded =
        read(
            folder,
            "{\"input_ids\":[[1,2,3],[4,5,6]],\"attention_mask\":[[0,1,1],[1,1,0]],"
                + "\"position_ids\":[[7,8,9]]}");
    assertThat(padded.places().documents()).containsExactly(0, 1, 1, 1, 1, 0);
    assertThat(padded.places().positions()).containsExactly(7, 8, 9, 7, 8, 9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input_ids':[[1,2],[3]]} | row 2 of input_ids has 1 entries, expected 2",
        "{'input_ids':[[1,10]]} | row 1, entry 2 of input_ids is 10",
        "{'input_ids':[[1,-1]]} | row 1, entry 2 of input_ids is -1",
        "{'input_ids':[[1,'a']]} | expected a whole number from 0 to 9",
        "{'input_ids':[]} | expected input_ids as a list of rows",
        "{'input_ids':[[1]],'token_type_ids':[[0]]} | found token_type_ids",
        "{'input_ids':[[1,2,3]],'attention_mask':[[1,0,1]]} | has a gap",
        "{'input_ids':[[1]],'attention_mask':[[2]]} | expected a whole number from 0 to 1"
      },
      quoteCharacter = '~')
  void what_does_not_fit_is_named_with_its_place(
      String json, String message, @TempDir Path folder) {
    assertThatThrownBy(() -> read(folder, json.replace('\'', '"')))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(message);
  }
}
