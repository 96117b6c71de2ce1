package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.EncodedRow;
import dev.luthier.data.Example;
import dev.luthier.data.Example.Labelled;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.Stepwise;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.OverflowRule;
import dev.luthier.data.Part;
import dev.luthier.data.Row;
import dev.luthier.data.RowRefused;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.prepare.Encoded.Document;
import dev.luthier.data.prepare.Encoded.Facts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeSet;

/**
 * Rows to tokens. Thread-safe.
 *
 * @param encoder as a run would have it
 * @param overflow what happens to rows that are too long; of a pair, either both fit or neither is
 *     used
 * @param maxLength tokens per sequence
 */
record RowTokens(SftEncoder encoder, Overflow overflow, int maxLength) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private record Piecemeal(Part part, Example example) {}

  /** What a row's JSON says. */
  static Example example(byte[] json) {
    try {
      return ExampleReader.example(JSON.readValue(json, LinkedHashMap.class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Encoded encode(byte target, int source, Judged.Kept row) {
    try {
      return encode(target, source, row, parts(example(row.json())));
    } catch (RowRefused e) {
      return refused(target, source, row, e.reason(), Facts.NONE);
    }
  }

  private Encoded encode(byte target, int source, Judged.Kept row, List<Piecemeal> parts) {
    List<Document> documents = new ArrayList<>();
    TreeSet<Integer> turnEnds = new TreeSet<>();
    boolean noStop = false;
    boolean tooLong = false;
    boolean drops = false;
    int bos = 0;
    int trained = 0;
    int lost = 0;
    int unknown = 0;
    int straddling = 0;
    for (Piecemeal part : parts) {
      EncodedRow encoded = encoder.encode(new Row(row.number(), part.example()));
      OverflowRule.Result fitted =
          new OverflowRule(overflow, maxLength).apply(List.of(encoded.sequence()));
      turnEnds.addAll(encoded.turnEnds());
      bos = encoded.bos();
      trained += encoded.sequence().trained();
      lost += Math.toIntExact(fitted.overflowed().lostTrainedTokens());
      unknown += encoded.unknown();
      straddling += encoded.straddling();
      noStop |= !encoded.endsWithStop() || !fitted.whole().get(0);
      drops |= !encoded.dropped().isEmpty();
      tooLong |= encoded.sequence().length() > maxLength;
      fitted.sequences().forEach(s -> documents.add(new Document(part.part(), s)));
    }
    Facts facts =
        new Facts(
            bos, noStop, drops, tooLong, trained, lost, unknown, straddling, List.copyOf(turnEnds));
    boolean halved = parts.size() == 2 && (documents.size() != 2 || tooLong && lost > 0);
    if (documents.isEmpty() || halved) {
      return refused(target, source, row, "longer than " + maxLength + " tokens", facts);
    }
    return new Encoded(target, source, row.number(), row.json(), "", documents, facts);
  }

  private static Encoded refused(
      byte target, int source, Judged.Kept row, String reason, Facts facts) {
    return new Encoded(target, source, row.number(), row.json(), reason, List.of(), facts);
  }

  private static List<Piecemeal> parts(Example example) {
    if (example instanceof Preference preference) {
      return List.of(
          new Piecemeal(Part.CHOSEN, preference.chosen()),
          new Piecemeal(Part.REJECTED, preference.rejected()));
    }
    if (example instanceof Unpaired unpaired) {
      Part part = unpaired.desirable() ? Part.DESIRABLE : Part.UNDESIRABLE;
      return List.of(new Piecemeal(part, unpaired.answer()));
    }
    if (example instanceof Stepwise || example instanceof Labelled) {
      throw new RowRefused(example.kind() + " rows have no answer in text that a set could train");
    }
    return List.of(new Piecemeal(Part.TEXT, example));
  }
}
