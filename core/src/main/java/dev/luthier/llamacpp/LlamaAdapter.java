package dev.luthier.llamacpp;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A LoRA adapter of a {@link LlamaModel}, to be used by its contexts. */
public final class LlamaAdapter implements AutoCloseable {
  private final Path file;
  private @Nullable Pointer adapter;

  LlamaAdapter(Path file, Pointer adapter) {
    this.file = file;
    this.adapter = adapter;
  }

  /** Where it was read from. */
  public Path file() {
    return file;
  }

  synchronized Pointer pointer() {
    Pointer open = adapter;
    if (open == null) {
      throw new IllegalStateException(file + " has been closed");
    }
    return open;
  }

  /** Frees it. No context may use it any more. */
  @Override
  public synchronized void close() {
    Pointer open = adapter;
    if (open != null) {
      adapter = null;
      LlamaCpp.api().adapterLoraFree(open);
    }
  }
}
