package dev.luthier.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;

/**
 * Ctrl-C as a question: a run asks between steps whether it is to save and stop. The second Ctrl-C
 * ends the program at once.
 */
final class Interrupts implements BooleanSupplier {
  private final AtomicBoolean asked = new AtomicBoolean();

  private Interrupts() {}

  /** Takes over SIGINT and SIGTERM for the rest of the program. */
  static Interrupts install(Console console) {
    Interrupts interrupts = new Interrupts();
    for (String name : new String[] {"INT", "TERM"}) {
      Signal.handle(new Signal(name), signal -> interrupts.signalled(console));
    }
    return interrupts;
  }

  private void signalled(Console console) {
    if (asked.getAndSet(true)) {
      Runtime.getRuntime().halt(Program.INTERRUPTED);
    }
    console.err().println("\nStopping after this step, with a checkpoint; again to stop at once.");
  }

  @Override
  public boolean getAsBoolean() {
    return asked.get();
  }
}
