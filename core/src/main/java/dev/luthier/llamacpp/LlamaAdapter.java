package dev.luthier.llamacpp;

import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A LoRA adapter of a {@link LlamaModel}, to be used by its contexts. */
public final class LlamaAdapter implements AutoCloseable {
  private final Path file;
  private final Set<LlamaAdapter> open;
  private @Nullable Pointer adapter;

  /**
   * @param open is left when it is closed
   */
  LlamaAdapter(Path file, Pointer adapter, Set<LlamaAdapter> open) {
    this.open = open;
    this.file = file;
    this.adapter = adapter;
  }

  /** Where it was read from. */
  public Path file() {
    return file;
  }

  synchronized Pointer pointer() {
    Pointer pointer = adapter;
    if (pointer == null) {
      throw new IllegalStateException(file + " has been closed");
    }
    return pointer;
  }

  /** Frees it. No context may use it any more. */
  @Override
  public synchronized void close() {
    Pointer pointer = adapter;
    if (pointer != null) {
      adapter = null;
      open.remove(this);
      LlamaCpp.alone(() -> LlamaCpp.api().adapterLoraFree(pointer));
    }
  }
}
