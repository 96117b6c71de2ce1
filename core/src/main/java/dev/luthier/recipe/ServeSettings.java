package dev.luthier.recipe;

import dev.luthier.Setting;
import dev.luthier.export.Server;
import java.util.List;

/**
 * Where the result is to be served.
 *
 * @param targets servers that must take the adapter as it will be; checked before training
 */
public record ServeSettings(
    @Setting(
            help =
                "servers that must take the adapter: vllm, llama.cpp, ollama, tgi; empty for any",
            value = "")
        List<Server> targets) {
  /** Keeps the list. */
  public ServeSettings {
    targets = List.copyOf(targets);
  }
}
