package dev.luthier.data.prepared;

import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Sets for tests, of documents that stand in the test. */
final class PreparedSets {
  static final SplitFacts FACTS = SplitFacts.of(0.25, 3, 1, 2, Map.of(1, 2), Set.of(7, 5), 4, 9);

  private PreparedSets() {}

  static Manifest.About about(int maxLength, boolean packing, Map<String, Object> settings) {
    return new Manifest.About(
        Kind.SFT,
        settings,
        new EncodedWith(
            "t".repeat(64), "auto", "", TrainOn.ASSISTANT, TrainOnEnd.TURN, maxLength, packing));
  }

  /** A row with its documents; its number is that of its first document. */
  record SetRow(int source, String json, List<TokenSequence> documents) {
    static SetRow of(int number, TokenSequence... documents) {
      return new SetRow(0, "{\"row\":" + number + "}", List.of(documents));
    }
  }

  static final Manifest.Origin ORIGIN =
      new Manifest.Origin(
          List.of(new Manifest.Source("rows.jsonl", "s".repeat(64), 100, 10)),
          List.of(
              stage("read", 10, 9, Map.of("malformed", 1L)),
              stage("quality", 9, 8, Map.of("too short", 1L))));

  /** A stage that only drops. */
  static Manifest.Stage stage(String name, long in, long out, Map<String, Long> dropped) {
    return new Manifest.Stage(name, in, out, 0, new TreeMap<>(), new TreeMap<>(dropped));
  }

  static PreparedSet write(Path target, Manifest.About about, Map<String, List<SetRow>> splits) {
    return write(target, about, ORIGIN, splits);
  }

  static PreparedSet write(
      Path target, Manifest.About about, Manifest.Origin origin, Map<String, List<SetRow>> splits) {
    PreparedWriter.write(
        target,
        about,
        set -> {
          for (Map.Entry<String, List<SetRow>> split : splits.entrySet()) {
            SplitWriter writer = set.split(split.getKey());
            for (SetRow row : split.getValue()) {
              writer.row(
                  row.source(),
                  row.documents().get(0).row(),
                  row.json().getBytes(StandardCharsets.UTF_8));
              for (TokenSequence document : row.documents()) {
                writer.document(Part.TEXT, document);
              }
            }
            set.finish(split.getKey(), FACTS);
          }
          return origin;
        });
    return PreparedSet.open(target);
  }

  /** Tokens 10, 11, ...; those from {@code read} on are trained. */
  static TokenSequence document(int row, int length, int read) {
    int[] tokens = new int[length];
    int[] labels = new int[length];
    for (int i = 0; i < length; i++) {
      tokens[i] = 10 + i;
      labels[i] = i < read ? TokenSequence.IGNORED : tokens[i];
    }
    return new TokenSequence(tokens, labels, row);
  }
}
