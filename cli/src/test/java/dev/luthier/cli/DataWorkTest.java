package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sun.misc.Signal;

/** Ctrl-C while rows are worked on. */
class DataWorkTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream to = new PrintStream(err, true, StandardCharsets.UTF_8);
  private final Console console = new Console(to, to, false, false);

  @Test
  @Timeout(20)
  void an_interrupted_work_is_told_and_gives_nothing() {
    assertThat(
            DataWork.show(
                console,
                (progress, cancelled) -> {
                  // what is started in the background may have INT ignored
                  Signal.raise(new Signal("TERM"));
                  while (!cancelled.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                  }
                  throw new LuthierException("Stopped at row 7; do it again.");
                }))
        .isEmpty();
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("Stopping at the next row; again to stop at once.")
        .endsWith("Stopped at row 7; do it again." + System.lineSeparator());
  }

  @Test
  void other_failures_come_through() {
    assertThatThrownBy(
            () ->
                DataWork.show(
                    console,
                    (progress, cancelled) -> {
                      throw new LuthierException("broken");
                    }))
        .isInstanceOf(LuthierException.class)
        .hasMessage("broken");
  }
}
