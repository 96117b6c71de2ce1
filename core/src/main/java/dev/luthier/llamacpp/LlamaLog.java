package dev.luthier.llamacpp;

import com.sun.jna.Pointer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what llama.cpp would print to stderr and keeps the last errors, which are the only account
 * of why a call returned nothing.
 */
final class LlamaLog implements LlamaApi.LogCallback {
  private static final int WARNING = 3;
  private static final int ERROR = 4;
  private static final int KEPT = 8;

  private final Deque<String> errors = new ArrayDeque<>();

  @Override
  public synchronized void invoke(int level, @Nullable Pointer text, @Nullable Pointer data) {
    if ((level == ERROR || level == WARNING) && text != null) {
      String line = text.getString(0, "UTF-8").strip();
      if (!line.isEmpty()) {
        errors.addLast((level == WARNING ? "warning: " : "") + line);
        if (errors.size() > KEPT) {
          errors.removeFirst();
        }
      }
    }
  }

  /** Forgets what was said before a call. */
  synchronized void clear() {
    errors.clear();
  }

  /** What was said since: the errors, or if there are none the warnings. */
  synchronized String said() {
    List<String> grave = new ArrayList<>(errors);
    if (grave.stream().anyMatch(line -> !line.startsWith("warning: "))) {
      grave.removeIf(line -> line.startsWith("warning: "));
    }
    return grave.isEmpty() ? "it does not say why" : String.join("; ", grave);
  }
}
