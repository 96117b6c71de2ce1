package dev.luthier.tensor;

import org.bytedeco.pytorch.GradMode;

/** Autograd's switch for this thread, put back on close. */
public final class Grad implements AutoCloseable {
  private final boolean before = GradMode.is_enabled();

  private Grad(boolean on) {
    GradMode.set_enabled(on);
  }

  /** Operations record what a backward pass needs, until closed. */
  public static Grad on() {
    Native.load();
    return new Grad(true);
  }

  /** Operations record nothing, until closed. */
  public static Grad off() {
    Native.load();
    return new Grad(false);
  }

  @Override
  public void close() {
    GradMode.set_enabled(before);
  }
}
