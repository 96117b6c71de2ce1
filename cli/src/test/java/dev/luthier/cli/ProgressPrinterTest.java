package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressPrinterTest {
  private static String shown(boolean terminal) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console = new Console(Cli.stream(out), Cli.stream(err), false, terminal);
    try (ProgressPrinter printer = new ProgressPrinter(console, "train", 0, 3)) {
      for (int step = 1; step <= 3; step++) {
        printer.step(step, 2.5 / step, 1e-4, 1234, 300L << 20, "");
      }
      printer.line("eval loss 0.5");
    }
    assertThat(out.size()).isZero();
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void a_log_gets_whole_lines_for_the_first_and_last_step() {
    assertThat(shown(false).lines())
        .hasSize(3)
        .anyMatch(
            l -> l.startsWith("train 1/3  loss 2.5000  lr 1.00e-04  1234 tok/s  peak 300 MiB"))
        .anyMatch(l -> l.startsWith("train 3/3  loss 0.8333"))
        .anyMatch("eval loss 0.5"::equals);
  }

  @Test
  void a_terminal_gets_a_bar() {
    assertThat(shown(true)).contains("train").contains("3/3").contains("loss 0.8333");
  }

  @Test
  void times_read_as_on_a_clock() {
    assertThat(ProgressPrinter.clock(65_000_000_000L)).isEqualTo("1:05");
    assertThat(ProgressPrinter.clock(3_723_000_000_000L)).isEqualTo("1:02:03");
  }
}
