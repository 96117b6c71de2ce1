package dev.luthier.recipe.generate;

import dev.luthier.data.synthetic.DocumentChunks;
import dev.luthier.format.Hashes;
import dev.luthier.recipe.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a run's rows depend on: settings, and the content of the files that they name. */
final class Identity {
  /** They change when or where the work is done, or how much of it, but not what it is. */
  private static final List<String> FREE =
      List.of("endpoint", "apiKeyFile", "timeout", "retries", "lengthField", "threads");

  private Identity() {}

  /**
   * Returns it as {@link Settings#differences} compares it.
   *
   * @param documents what is asked about, if anything is
   */
  static Map<String, Object> of(DataGenerateSettings settings, Optional<DocumentChunks> documents) {
    Map<String, Object> all = Settings.toMap(settings);
    all.remove("output");
    all.remove("budget");
    settings.seeds().ifPresent(file -> all.put("seeds", Hashes.sha256(file)));
    documents.ifPresent(d -> all.put("documents", d.hash()));
    Map<String, Object> writer = new LinkedHashMap<>(Settings.toMap(settings.writer()));
    FREE.forEach(writer::remove);
    if (settings.task() != DataGenerateSettings.Task.SELF_INSTRUCT) {
      writer.remove("parallel");
    }
    settings.writer().model().ifPresent(folder -> writer.put("model", Hashes.folder(folder)));
    settings.writer().adapter().ifPresent(folder -> writer.put("adapter", Hashes.folder(folder)));
    all.put("writer", writer);
    return all;
  }

  /** The hash of a local writer's files, from its identity. */
  static String model(Map<String, Object> identity) {
    Map<?, ?> writer = (Map<?, ?>) identity.get("writer");
    Object adapter = writer == null ? null : writer.get("adapter");
    Object model = writer == null ? null : writer.get("model");
    return "sha256:" + model + (adapter == null ? "" : "+" + adapter);
  }
}
