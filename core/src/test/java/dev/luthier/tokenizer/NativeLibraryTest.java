package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library is loaded once in a process, so these start their own. */
class NativeLibraryTest {
  /** Encodes with the tokenizer of the folder named, and prints the number of ids or the error. */
  static final class Main {
    public static void main(String[] arguments) {
      try {
        System.out.println(Tokenizer.load(Path.of(arguments[0])).encodeIds("a", false).length);
      } catch (RuntimeException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static String run(Path tokenizer, String... flags)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.add(tokenizer.toString());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeAll(List.of("ENGINE_CACHE_DIR", "DJL_CACHE_DIR"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output.strip();
  }

  @Test
  void the_library_is_unpacked_and_a_damaged_copy_replaced(@TempDir Path cache) throws Exception {
    Path tokenizer = TestTokenizers.chatFolder();
    String flag = "-DENGINE_CACHE_DIR=" + cache;
    assertThat(run(tokenizer, flag)).isEqualTo("1");
    Path file;
    try (var files = Files.walk(cache)) {
      file = files.filter(f -> f.endsWith(System.mapLibraryName("tokenizers"))).findAny().get();
    }
    long length = Files.size(file);
    Files.write(file, new byte[100]);
    assertThat(run(tokenizer, flag)).isEqualTo("1");
    assertThat(file).hasSize(length);
  }

  @Test
  void a_cache_that_cannot_be_written_is_named_with_what_to_do(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    assertThat(run(TestTokenizers.chatFolder(), "-DENGINE_CACHE_DIR=" + file))
        .contains(file.toString())
        .contains("ENGINE_CACHE_DIR names another folder");
  }

  @Test
  void neither_network_nor_djls_reporting_classes_are_touched() throws Exception {
    String classes = run(TestTokenizers.chatFolder(), "-Xlog:class+load:stdout");
    assertThat(classes).contains("ai.djl.huggingface.tokenizers.jni.TokenizersLibrary");
    assertThat(classes)
        .doesNotContain(
            "HttpURLConnection", "java.net.Socket ", "Ec2Utils", "HuggingFaceTokenizer");
  }
}
