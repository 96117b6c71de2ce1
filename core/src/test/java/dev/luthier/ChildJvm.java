package dev.luthier;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A main class in a process of its own, whose allocators have nothing left of other tests. It goes
 * without Java's second compiler, which takes up to 14 MB whenever it pleases.
 */
public final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;

  private ChildJvm(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts it; it sees the environment and the classes of this process. */
  public static ChildJvm start(Class<?> main, String... arguments) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                "-Dorg.bytedeco.javacpp.maxbytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    words.addAll(List.of(arguments));
    return new ChildJvm(
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Runs it to its end and gives what it printed. */
  public static String run(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    try (ChildJvm child = start(main, arguments)) {
      return child.rest();
    }
  }

  /** The next line that it prints. */
  public String line() throws IOException {
    return String.valueOf(out.readLine());
  }

  /** Writes a line that it reads from its standard input. */
  public void say(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** What it prints until it ends, which must be well. */
  public String rest() throws IOException, InterruptedException {
    StringBuilder text = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      text.append(line).append('\n');
    }
    assertThat(process.waitFor()).isZero();
    return text.toString().strip();
  }

  @Override
  public void close() {
    process.destroy();
  }
}
