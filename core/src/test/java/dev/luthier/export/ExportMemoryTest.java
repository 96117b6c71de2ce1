package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.ChildJvm;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.model.Outline;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An export holds its largest tensor and less than 1 GB besides: of a model of 2 GB in F32, whose
 * largest tensors have 134 MB, it may take 1.13 GB in all.
 */
@Tag("acceptance")
class ExportMemoryTest {
  private static final String CONFIG =
      """
      {"model_type":"llama","hidden_size":2048,"intermediate_size":16384,"num_hidden_layers":4,
       "num_attention_heads":16,"num_key_value_heads":16,"vocab_size":8192,
       "max_position_embeddings":64,"tie_word_embeddings":true}
      """;

  private static final long GIGABYTE = 1_000_000_000;

  @TempDir private Path temp = Path.of("");

  /** A child that exports a folder, or loads it, and prints how many bytes it had resident. */
  static final class Exporting {
    private Exporting() {}

    public static void main(String[] args) {
      Path model = Path.of(args[0]);
      if (args.length == 1) {
        LoadedModel loaded = TinyExports.LOADER.load(model);
        loaded.transformer().parameters().all().values().forEach(t -> t.sum().item_double());
      } else {
        new GgufExport(
                model,
                Optional.empty(),
                false,
                GgufFileType.valueOf(args[1]),
                Importance.NONE,
                false)
            .run(Path.of(args[2]), TinyExports.NO_VOCABULARY);
      }
      System.out.println(Memory.peakResident());
    }
  }

  @Test
  @Timeout(120)
  void the_peak_is_below_the_largest_tensor_and_a_gigabyte()
      throws IOException, InterruptedException {
    assumeTrue(Memory.peakResident() > 0);
    Path model = Files.createDirectories(temp.resolve("model"));
    List<SafetensorsWriter.Entry> tensors = write(model);
    long all = tensors.stream().mapToLong(SafetensorsWriter.Entry::length).sum();
    long largest = tensors.stream().mapToLong(SafetensorsWriter.Entry::length).max().orElseThrow();
    long most = largest + GIGABYTE;
    for (String type : List.of("F16", "Q8_0")) {
      Path output = temp.resolve("model.gguf");
      long peak = peak(model.toString(), type, output.toString());
      System.out.printf("%s: %,d bytes resident at most, of %,d allowed%n", type, peak, most);
      assertThat(peak).as(type).isLessThan(most);
      assertThat(Files.size(output)).isGreaterThan(all / 4);
    }
    // Nothing is gained by a figure that does not see what it is there for.
    assertThat(peak(model.toString())).as("the whole model").isGreaterThan(most);
  }

  private static long peak(String... arguments) throws IOException, InterruptedException {
    return Long.parseLong(ChildJvm.run(Exporting.class, arguments));
  }

  /** A model of numbers that repeat, which is never in memory as a whole. */
  private static List<SafetensorsWriter.Entry> write(Path folder) {
    ObjectNode config = Json.parse(CONFIG, "the test's configuration");
    Json.write(folder.resolve("config.json"), config);
    ByteBuffer pattern = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; pattern.hasRemaining(); i++) {
      pattern.putFloat((i * 37 % 101 - 50) / 1000f);
    }
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    Outline.of(config, "the test's configuration", Optional.empty())
        .parameters()
        .all()
        .forEach(
            (name, t) -> {
              List<Long> shape = Arrays.stream(Tensors.shape(t)).boxed().toList();
              entries.add(new SafetensorsWriter.Entry(name, DType.F32, shape, repeat(pattern, t)));
            });
    SafetensorsWriter.write(folder.resolve("model.safetensors"), entries, Map.of("format", "pt"));
    return entries;
  }

  private static SafetensorsWriter.Data repeat(ByteBuffer pattern, Tensor tensor) {
    long bytes = 4 * tensor.numel();
    return channel -> {
      for (long at = 0; at < bytes; at += pattern.capacity()) {
        int n = (int) Math.min(pattern.capacity(), bytes - at);
        SafetensorsWriter.writeFully(channel, pattern.duplicate().position(0).limit(n));
      }
    };
  }
}
