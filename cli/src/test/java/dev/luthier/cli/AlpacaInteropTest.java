package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A published model and published rows, through the command line as a new user types it. */
@Tag("interop")
class AlpacaInteropTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path ASSETS = Path.of(System.getProperty("luthier.assets", ""));

  @Test
  void a_published_model_learns_from_500_published_rows(@TempDir Path temp) throws Exception {
    String model = ASSETS.resolve("model-llama-story-hf").toString();
    JsonNode all = JSON.readTree(ASSETS.resolve("data-alpaca/alpaca_5000.json").toFile());
    String data = write(temp.resolve("rows.json"), all, 0, 500);
    String seen = write(temp.resolve("seen.json"), all, 0, 12);
    String adapter = temp.resolve("adapter").toString();

    Cli sft =
        Cli.run(
            "sft",
            "--model",
            model,
            "--data",
            data,
            "--output",
            adapter,
            "--json",
            "--set",
            "train.epochs=2",
            "--set",
            "train.learningRate=2e-3");
    assertThat(sft.code()).as(sft.err()).isZero();
    assertThat(JSON.readTree(sft.out()).get("status").asText()).isEqualTo("finished");

    Cli scores =
        Cli.run("evaluate", "--model", model, "--adapter", adapter, "--data", seen, "--json");
    assertThat(scores.code()).as(scores.err()).isZero();
    JsonNode out = JSON.readTree(scores.out());
    assertThat(out.at("/adapter/loss").asDouble())
        .isLessThan(out.at("/base/loss").asDouble() - 0.3);

    // The folder is in use now.
    List<String> again = List.of("sft", "--model", model, "--data", data, "--output", adapter);
    assertThat(Cli.run(again.toArray(String[]::new)).code()).isEqualTo(2);
  }

  private static String write(Path file, JsonNode rows, int from, int to) throws Exception {
    var out = JSON.createArrayNode();
    for (int i = from; i < to; i++) {
      out.add(rows.get(i));
    }
    Files.writeString(file, JSON.writeValueAsString(out));
    return file.toString();
  }
}
