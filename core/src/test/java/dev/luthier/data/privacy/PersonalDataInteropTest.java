package dev.luthier.data.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.Assets;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every finding on these sets has been looked at; more would be false ones. */
@Tag("interop")
class PersonalDataInteropTest {
  private static final PersonalData ALL = PersonalData.of(PrivacySettings.defaults());

  private static Map<String, Integer> count(List<String> texts) {
    Map<String, Integer> counts = new TreeMap<>();
    for (String text : texts) {
      ALL.find(text).forEach(f -> counts.merge(f.kind(), 1, Integer::sum));
    }
    return counts;
  }

  private static List<String> strings(JsonNode rows) {
    List<String> out = new ArrayList<>();
    rows.forEach(row -> row.forEach(value -> out.add(value.asText())));
    return out;
  }

  @Test
  void instructions_have_a_few_addresses_and_passwords() {
    assertThat(count(strings(Assets.json("data-alpaca/alpaca_5000.json"))))
        .isEqualTo(Map.of("email", 4, "secret", 1));
    assertThat(count(strings(Assets.json("data-alpaca/alpaca_data_cleaned_1000.json"))))
        .isEqualTo(Map.of("email", 1, "secret", 1));
  }

  @Test
  void web_pages_have_addresses_and_telephone_numbers() throws IOException {
    assertThat(count(lines("data-llamafactory-demos/c4_demo.jsonl")))
        .isEqualTo(Map.of("email", 7, "phone", 23));
  }

  @ParameterizedTest
  @ValueSource(strings = {"data-gsm8k/train.jsonl", "data-gsm8k/test.jsonl"})
  void school_mathematics_has_none(String file) throws IOException {
    assertThat(count(lines(file))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data-wikitext-2/test.txt",
        "data-wikitext-2/valid.txt",
        "data-tinyshakespeare/input.txt",
        "data-llamafactory-demos/wiki_demo.txt",
        "data-mmlu/test/professional_law_test.csv",
        "data-mmlu/test/computer_security_test.csv",
      })
  void articles_plays_and_questions_have_none(String file) throws IOException {
    assertThat(count(List.of(Files.readString(Assets.path(file))))).isEmpty();
  }

  private static List<String> lines(String file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String> out = new ArrayList<>();
    for (String line : Files.readAllLines(Assets.path(file))) {
      json.readTree(line).forEach(value -> out.add(value.asText()));
    }
    return out;
  }
}
