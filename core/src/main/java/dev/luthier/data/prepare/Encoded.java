package dev.luthier.data.prepare;

import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A row that is left, as tokens.
 *
 * @param target number of its split
 * @param source index of its file
 * @param number in that file
 * @param json its example
 * @param refused why it cannot be trained on; empty if it can
 * @param documents its token sequences, all of a length that fits
 * @param facts what encoding found out
 */
@SuppressWarnings("ArrayRecordComponent")
record Encoded(
    byte target,
    int source,
    int number,
    byte[] json,
    String refused,
    List<Document> documents,
    Facts facts) {

  /** One token sequence of a row. */
  record Document(Part part, TokenSequence sequence) {}

  /**
   * What a report says of the row.
   *
   * @param bos BOS tokens that it begins with
   * @param noStop whether its last trained token, after cutting, ends nothing
   * @param drops whether the chat template leaves some of it out
   * @param tooLong whether it is longer than a sequence
   * @param trained trained tokens before cutting
   * @param lost trained tokens that were cut off
   * @param unknown trained tokens that are the tokenizer's "unknown"
   * @param straddling tokens that reach into a trained span
   * @param turnEnds ids that close turns
   */
  record Facts(
      int bos,
      boolean noStop,
      boolean drops,
      boolean tooLong,
      int trained,
      int lost,
      int unknown,
      int straddling,
      List<Integer> turnEnds) {
    static final Facts NONE = new Facts(0, false, false, false, 0, 0, 0, 0, List.of());
  }

  void write(DataOutputStream out) throws IOException {
    out.writeByte(target);
    out.writeInt(source);
    out.writeInt(number);
    Records.write(out, json);
    Records.write(out, refused);
    out.writeInt(documents.size());
    for (Document document : documents) {
      out.writeByte(document.part().ordinal());
      int[] tokens = document.sequence().tokens();
      out.writeInt(tokens.length);
      for (int i = 0; i < tokens.length; i++) {
        boolean trained = document.sequence().labels()[i] != TokenSequence.IGNORED;
        out.writeInt(trained ? tokens[i] : ~tokens[i]);
      }
    }
    out.writeInt(facts.bos());
    out.writeBoolean(facts.noStop());
    out.writeBoolean(facts.drops());
    out.writeBoolean(facts.tooLong());
    out.writeInt(facts.trained());
    out.writeInt(facts.lost());
    out.writeInt(facts.unknown());
    out.writeInt(facts.straddling());
    out.writeInt(facts.turnEnds().size());
    for (int id : facts.turnEnds()) {
      out.writeInt(id);
    }
  }

  static Encoded read(DataInputStream in) throws IOException {
    byte target = in.readByte();
    int source = in.readInt();
    int number = in.readInt();
    byte[] json = Records.bytes(in);
    String refused = Records.text(in);
    List<Document> documents = new ArrayList<>();
    int count = in.readInt();
    for (int d = 0; d < count; d++) {
      Part part = Part.values()[in.readByte()];
      int[] tokens = new int[in.readInt()];
      int[] labels = new int[tokens.length];
      for (int i = 0; i < tokens.length; i++) {
        int token = in.readInt();
        tokens[i] = token < 0 ? ~token : token;
        labels[i] = token < 0 ? TokenSequence.IGNORED : token;
      }
      documents.add(new Document(part, new TokenSequence(tokens, labels, number)));
    }
    Facts facts =
        new Facts(
            in.readInt(),
            in.readBoolean(),
            in.readBoolean(),
            in.readBoolean(),
            in.readInt(),
            in.readInt(),
            in.readInt(),
            in.readInt(),
            ints(in));
    return new Encoded(target, source, number, json, refused, documents, facts);
  }

  private static List<Integer> ints(DataInputStream in) throws IOException {
    int count = in.readInt();
    List<Integer> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      all.add(in.readInt());
    }
    return all;
  }
}
