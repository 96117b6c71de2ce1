package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationConfigTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  @Test
  void everything_the_file_says_is_read() throws IOException {
    write(
        "generation_config.json",
        """
        {"bos_token_id": 1, "eos_token_id": [2, 32007, 2], "pad_token_id": 0, "do_sample": true,
         "temperature": 0.6, "top_k": 50, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 1.1,
         "max_new_tokens": 64, "max_length": 4096, "transformers_version": "4.48.0"}
        """);
    GenerationConfig config = GenerationConfig.read(folder);
    assertThat(config.eosTokenIds()).containsExactly(2, 32007);
    assertThat(config.bosTokenId()).hasValue(1);
    assertThat(config.padTokenId()).hasValue(0);
    assertThat(config.doSample()).contains(true);
    assertThat(config.temperature()).hasValue(0.6);
    assertThat(config.topK()).hasValue(50);
    assertThat(config.topP()).hasValue(0.9);
    assertThat(config.minP()).hasValue(0.05);
    assertThat(config.repetitionPenalty()).hasValue(1.1);
    assertThat(config.maxNewTokens()).hasValue(64);
    assertThat(config.maxLength()).hasValue(4096);
  }

  @Test
  void ids_that_it_lacks_come_from_the_models_configuration() throws IOException {
    write("config.json", "{\"bos_token_id\": 5, \"eos_token_id\": [6, 7], \"pad_token_id\": -1}");
    GenerationConfig alone = GenerationConfig.read(folder);
    assertThat(alone.eosTokenIds()).containsExactly(6, 7);
    assertThat(alone.bosTokenId()).hasValue(5);
    assertThat(alone.padTokenId()).isEmpty();
    assertThat(alone.temperature()).isEmpty();

    write("generation_config.json", "{\"eos_token_id\": 2, \"bos_token_id\": null}");
    GenerationConfig both = GenerationConfig.read(folder);
    assertThat(both.eosTokenIds()).containsExactly(2);
    assertThat(both.bosTokenId()).hasValue(5);
  }

  @Test
  void a_model_of_text_and_images_has_its_ids_deeper() throws IOException {
    write("config.json", "{\"text_config\": {\"eos_token_id\": 106}}");
    assertThat(GenerationConfig.read(folder).eosTokenIds()).containsExactly(106);
  }

  @Test
  void keys_that_we_do_not_know_are_written_back(@TempDir Path to) throws IOException {
    write("generation_config.json", "{\"eos_token_id\": [2, 3], \"cache_implementation\": \"x\"}");
    GenerationConfig.read(folder).write(to);
    assertThat(Json.read(to.resolve("generation_config.json")))
        .isEqualTo(Json.read(folder.resolve("generation_config.json")));
  }

  @Test
  void all_values_that_cannot_be_meant_are_said_at_once() throws IOException {
    write(
        "generation_config.json",
        "{\"top_p\": 1.5, \"temperature\": \"hot\", \"eos_token_id\": [1.5], \"top_k\": -3,"
            + " \"do_sample\": 1, \"bos_token_id\": 4294967297}");
    assertThatThrownBy(() -> GenerationConfig.read(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(
            folder.resolve("generation_config.json").toString(),
            "top_p: expected a number from 0 to 1, found 1.5",
            "temperature: expected a number of 0 or more, found \"hot\"",
            "eos_token_id: expected token ids, whole numbers of 0 or more, found 1.5",
            "top_k: expected a whole number of 0 or more, found -3",
            "do_sample: expected true or false, found 1",
            "bos_token_id: expected a whole number of 0 or more, found 4294967297");
  }
}
