package dev.luthier.export;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.Native;
import dev.luthier.LuthierException;
import dev.luthier.llamacpp.LlamaCpp;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * llama.cpp in a process of its own, which it may end: an assertion that fails, or an exception
 * that nobody catches, would end ours.
 */
final class LlamaProcess {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int LINES_OF_STDERR = 3;

  private LlamaProcess() {}

  /**
   * What it answered.
   *
   * @param tokens of each text
   * @param rows a file of float32, (T, V) or (T, D); missing if none were asked for
   * @param base the same without the adapter; missing if there is none
   * @param greedy how it went on
   */
  record Answer(List<int[]> tokens, Path rows, Path base, List<Integer> greedy) {}

  /**
   * Runs a request to its end.
   *
   * @param folder empty, for what it reads and writes
   * @throws LuthierException if it refused, or llama.cpp ended the process: over what, and its last
   *     words
   */
  static Answer run(LlamaRequest request, Path folder) {
    try {
      request.write(folder);
      Path log = folder.resolve("stderr.txt");
      Process process =
          new ProcessBuilder(command(folder))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      int status;
      try {
        status = process.waitFor();
      } finally {
        process.destroyForcibly(); // where we were interrupted
      }
      check(request, folder, status, log);
      return new Answer(
          tokens(folder),
          folder.resolve(LlamaChild.ROWS),
          folder.resolve(LlamaChild.BASE),
          greedy(folder));
    } catch (IOException e) {
      throw new LuthierException("llama.cpp cannot be tried in a process of its own: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LuthierException("interrupted while llama.cpp was tried", e);
    }
  }

  private static void check(LlamaRequest request, Path folder, int status, Path log)
      throws IOException {
    Path error = folder.resolve(LlamaChild.ERROR);
    if (Files.exists(error)) {
      throw new LuthierException(Files.readString(error));
    }
    if (status != 0) {
      int done = tokens(folder).size();
      boolean tokenizing = done < request.texts().size();
      List<String> lines = Files.readAllLines(log);
      List<String> last = lines.subList(Math.max(0, lines.size() - LINES_OF_STDERR), lines.size());
      throw new LuthierException(
          "llama.cpp ended its process (status "
              + status
              + ") while "
              + (tokenizing
                  ? "tokenizing " + MAPPER.writeValueAsString(request.texts().get(done))
                  : "running " + request.gguf())
              + ": "
              + String.join("; ", last)
              + ". See docs/troubleshooting.md#llama-cpp");
    }
  }

  private static List<String> command(Path folder) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx1g",
        "-XX:+UseSerialGC",
        "-XX:-CreateCoredumpOnCrash",
        "-XX:ErrorFile=" + folder.resolve("crash.txt"),
        "-cp",
        classPath(),
        LlamaChild.class.getName(),
        folder.toString());
  }

  /** Where the few classes lie that it needs, however this process was started. */
  private static String classPath() {
    Set<String> places = new LinkedHashSet<>();
    List<Class<?>> needed =
        List.of(
            LlamaChild.class,
            Native.class,
            ObjectMapper.class,
            JsonParser.class,
            JsonProperty.class);
    for (Class<?> type : needed) {
      try {
        places.add(
            Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
    places.add(LlamaCpp.jar().toString());
    return String.join(File.pathSeparator, places);
  }

  private static List<int[]> tokens(Path folder) throws IOException {
    List<int[]> tokens = new ArrayList<>();
    Path file = folder.resolve(LlamaChild.TOKENS);
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        tokens.add(MAPPER.readValue(line, int[].class));
      }
    }
    return tokens;
  }

  private static List<Integer> greedy(Path folder) throws IOException {
    Path file = folder.resolve(LlamaChild.GREEDY);
    return Files.exists(file)
        ? List.of(MAPPER.readValue(file.toFile(), Integer[].class))
        : List.of();
  }
}
