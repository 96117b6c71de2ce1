package dev.luthier.recipe;

import dev.luthier.data.Refusal;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Json;
import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The rows that a run cannot use, for who mends them. */
final class RefusedFile {
  private RefusedFile() {}

  static void write(Path output, List<Refusal> refused, TrainListener listener) {
    if (refused.isEmpty()) {
      return;
    }
    Path file = output.resolve("refused.jsonl");
    StringBuilder lines = new StringBuilder();
    for (Refusal refusal : refused) {
      lines
          .append(
              Json.object()
                  .put("file", refusal.file())
                  .put("row", refusal.row())
                  .put("reason", refusal.reason())
                  .put("hint", refusal.hint())
                  .put("text", refusal.text()))
          .append('\n');
    }
    AtomicFile.writeText(file, lines.toString());
    listener.message(
        String.format(Locale.ROOT, "data: the %,d refused rows are in %s", refused.size(), file));
  }
}
