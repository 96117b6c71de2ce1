package dev.luthier.cli;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C in a conversation: while an answer is being given it stops the answer, otherwise it ends
 * the program.
 */
final class AnswerInterrupt implements BooleanSupplier, AutoCloseable {
  private static final Signal INT = new Signal("INT");

  private enum State {
    LISTENING,
    ANSWERING,
    STOPPING
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.LISTENING);
  private final SignalHandler before;

  /** Takes over SIGINT until it is closed. */
  AnswerInterrupt() {
    before = Signal.handle(INT, signal -> interrupt());
  }

  /** What Ctrl-C does. */
  private void interrupt() {
    if (!state.compareAndSet(State.ANSWERING, State.STOPPING)) {
      Runtime.getRuntime().halt(Program.INTERRUPTED);
    }
  }

  /** An answer begins. */
  void answering() {
    state.set(State.ANSWERING);
  }

  /** The answer has ended. */
  void listening() {
    state.set(State.LISTENING);
  }

  /** Whether the answer is to stop. */
  @Override
  public boolean getAsBoolean() {
    return state.get() == State.STOPPING;
  }

  @Override
  public void close() {
    Signal.handle(INT, before);
  }
}
