package dev.luthier.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;

/**
 * Ctrl-C as a question: a run asks between steps whether it is to save and stop. The second Ctrl-C
 * ends the program at once.
 */
final class Interrupts implements BooleanSupplier {
  private final AtomicBoolean signalled = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();

  private Interrupts() {}

  /** Takes over SIGINT and SIGTERM for the rest of the program, which trains. */
  static Interrupts install(Console console) {
    return install(console, "after this step, with a checkpoint");
  }

  /**
   * Takes over SIGINT and SIGTERM for the rest of the program.
   *
   * @param when the program will stop, for the one who waits
   */
  static Interrupts install(Console console, String when) {
    Interrupts interrupts = new Interrupts();
    for (String name : new String[] {"INT", "TERM"}) {
      Signal.handle(new Signal(name), signal -> interrupts.signalled(console, when));
    }
    return interrupts;
  }

  private void signalled(Console console, String when) {
    if (signalled.getAndSet(true)) {
      Runtime.getRuntime().halt(Program.INTERRUPTED);
    }
    console.err().println("\nStopping " + when + "; again to stop at once.");
    told.set(true); // so that this line stands before what the run says of its end
  }

  @Override
  public boolean getAsBoolean() {
    return told.get();
  }
}
