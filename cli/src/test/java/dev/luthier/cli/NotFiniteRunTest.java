package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.TensorInfo;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One row of the data makes the loss infinite, in a run from the command line. */
class NotFiniteRunTest {
  private static final int ROW = 41;

  @Test
  void the_message_names_step_layer_rows_batch_and_checkpoint(@TempDir Path temp) throws Exception {
    Path model = TinyModel.write(temp.resolve("model"), Optional.of(TinyModel.CHATML));
    breakEmbedding(model, "~");
    Path data = TinyModels.rows(temp.resolve("rows.jsonl"), 60);
    List<String> rows = Files.readAllLines(data);
    String answer = "\"assistant\",\"content\":\"";
    rows.set(ROW - 1, rows.get(ROW - 1).replace(answer, answer + "~"));
    Files.write(data, rows);
    TinyRun run =
        new TinyRun(
            model,
            data,
            temp.resolve("run"),
            List.of("checkpoint.everySteps=1", "data.maxLength=160"));

    Cli failed = Cli.run(run.arguments(false));
    assertThat(failed.code()).isEqualTo(1);
    Matcher message =
        Pattern.compile(
                "error: step (\\d+): the loss is NaN; the first output that is not finite is that of"
                    + " the embedding\\. Data rows \\[(.*?)]; the batch is in (\\S+); the last good"
                    + " checkpoint is (\\S+)\\. Try a lower train.learningRate, or look at those"
                    + " rows\\. See docs/troubleshooting.md#not-finite")
            .matcher(failed.err());
    assertThat(message.find()).as(failed.err()).isTrue();
    long step = Long.parseLong(message.group(1));
    assertThat(message.group(2).split(", ")).contains(String.valueOf(ROW));
    var dump = Json.read(Path.of(message.group(3)));
    assertThat(dump.path("step").asLong()).isEqualTo(step);
    assertThat(dump.path("batches").path(0).path("data_rows").toString())
        .contains(String.valueOf(ROW));
    assertThat(Path.of(message.group(4))).isEqualTo(run.checkpoint(step - 1));

    // The checkpoint is good: the run goes on from it, to the same row.
    Cli again = Cli.run(run.arguments(true));
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("error: step " + step + ": the loss is NaN");
    assertThat(run.steps()).isEqualTo(step - 1);
  }

  private static void breakEmbedding(Path model, String token) throws IOException {
    int[] ids = Tokenizer.load(model).encodeIds(token, false);
    assertThat(ids).hasSize(1);
    SafetensorsFile file = SafetensorsFile.open(model.resolve("model.safetensors"));
    TensorInfo info = Objects.requireNonNull(file.tensors().get("model.embed_tokens.weight"));
    ByteBuffer infinite = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    infinite.putFloat(Float.POSITIVE_INFINITY).flip();
    long rowBytes = info.length() / info.shape().get(0);
    try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
      channel.write(infinite, info.offset() + ids[0] * rowBytes);
    }
  }
}
