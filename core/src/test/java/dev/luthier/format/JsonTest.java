package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
  /** As json.dumps(..., indent=2) prints it. */
  private static final String PYTHON =
      """
      {
        "architectures": [
          "LlamaForCausalLM"
        ],
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "initializer_range": 0.02,
        "big": 1e+16,
        "model_max_length": 1000000000000000019884624838656,
        "rope_scaling": null,
        "empty": {},
        "none": [],
        "nested": {
          "a": [
            1,
            -2,
            true
          ]
        },
        "time_step_limit": [
          0.0,
          Infinity
        ],
        "token": "▁a\\n\\"b\\""
      }
      """;

  @Test
  void a_file_of_pythons_comes_back_as_it_was(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, PYTHON);
    Json.write(file, Json.read(file));
    assertThat(file).hasContent(PYTHON);
    assertThat(Files.readString(file)).endsWith("}\n");
  }

  @ParameterizedTest
  @CsvSource({
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "1.5e-7, 1.5e-07",
    "123456789012345680, 1.2345678901234568e+17",
    "1e15, 1000000000000000.0",
    "1e22, 1e+22",
    "1e-100, 1e-100",
    "1e23, 1e+23",
    "5e-324, 5e-324",
    "-0.0, -0.0",
    "-0.5, -0.5",
    "0.002, 0.002",
    "100, 100.0",
  })
  void numbers_are_written_as_python_does(double value, String text) {
    assertThat(Json.pretty(DoubleNode.valueOf(value))).isEqualTo(text + "\n");
  }

  @Property(tries = 1000)
  void every_number_comes_back(@ForAll double value) {
    assertThat(Double.parseDouble(JsonText.number(value))).isEqualTo(value);
  }

  @Property(tries = 300)
  void every_text_comes_back(@ForAll String text) {
    var json = Json.object().put(text, text);
    assertThat(Json.parse(Json.pretty(json), "x")).isEqualTo(json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{;  \"a\": 1,;  \"a\": 2;} | line 3, column 6: Duplicate field 'a'",
        "{;  \"a\": tru;} | line 2, column 11: Unrecognized token 'tru'",
        "{;  \"a\": 1 | Unexpected end-of-input",
        "{} {} | line 1, column 4: expected nothing after",
        "[1] | expected a JSON object, found array",
        "7 | expected a JSON object, found number",
        "`` | is empty; expected a JSON object",
      })
  void a_broken_file_is_refused_with_line_and_column(String text, String message) {
    assertThatThrownBy(() -> Json.parse(text.replace(';', '\n'), "config.json"))
        .isInstanceOf(LuthierException.class)
        .hasMessageStartingWith("config.json")
        .hasMessageContaining(message);
  }

  @Test
  void a_file_above_the_limit_is_not_read(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"a\": 1}");
    assertThatThrownBy(() -> Json.read(file, 7))
        .hasMessageContainingAll(file.toString(), "has 8 bytes", "at most 7");
    assertThat(Json.read(file, 8).path("a").asInt()).isEqualTo(1);
  }

  @Test
  void what_is_not_a_text_file_is_said(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> Json.read(folder)).hasMessageContaining("is a folder");
    assertThatThrownBy(() -> Json.read(folder.resolve("x"))).hasMessageContaining("no such file");
    assertThat(Json.readIfThere(folder.resolve("x"))).isEmpty();
    Files.write(folder.resolve("y"), new byte[] {'{', (byte) 0xFF, '}'});
    assertThatThrownBy(() -> Json.read(folder.resolve("y"))).hasMessageContaining("not UTF-8");
    Files.writeString(folder.resolve("z"), "\uFEFF{}");
    assertThat(Json.read(folder.resolve("z"))).isEmpty();
  }
}
