package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A SentencePiece {@code tokenizer.model} (Kudo and Richardson 2018, <a
 * href="https://arxiv.org/abs/1808.06226">arXiv:1808.06226</a>): the parts of {@code ModelProto}
 * that decide how text is encoded.
 *
 * @param pieces by id
 * @param algorithm how pieces are chosen
 * @param unkId stands for what has no piece
 * @param bosId -1 for none
 * @param eosId -1 for none
 * @param padId -1 for none
 * @param charsmap replacements of characters, compiled, in Base64; empty for none
 * @param addDummyPrefix whether a space is put before a text
 * @param removeExtraWhitespaces whether runs of spaces become one, and those at both ends none
 */
record SentencePieceModel(
    List<Piece> pieces,
    Algorithm algorithm,
    int unkId,
    int bosId,
    int eosId,
    int padId,
    String charsmap,
    boolean addDummyPrefix,
    boolean removeExtraWhitespaces) {

  /** The numbers are the file's. */
  enum Algorithm {
    UNIGRAM,
    BPE,
    WORD,
    CHAR
  }

  /** The numbers are the file's. */
  enum Type {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  /**
   * One token.
   *
   * @param text with {@code ▁} for a space
   * @param score log-probability (Unigram), or minus the rank of the merge that makes it (BPE)
   */
  record Piece(String text, float score, Type type) {}

  /**
   * @throws LuthierException naming the file and what is wrong with it
   */
  static SentencePieceModel read(Path file) {
    try {
      SentencePieceModel model = parse(ByteBuffer.wrap(Files.readAllBytes(file)));
      if (model.pieces().isEmpty()) {
        throw new IOException("it has no pieces");
      }
      return model;
    } catch (IOException e) {
      throw new LuthierException(
          file
              + " is not a whole SentencePiece model ("
              + Reason.of(e)
              + "). Download it again; a Git LFS pointer is a few lines of text.",
          e);
    }
  }

  private static SentencePieceModel parse(ByteBuffer bytes) throws IOException {
    Builder builder = new Builder();
    ProtobufReader in = new ProtobufReader(bytes);
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> builder.pieces.add(piece(new ProtobufReader(in.bytes())));
        case 2 -> builder.trainer(new ProtobufReader(in.bytes()));
        case 3 -> builder.normalizer(new ProtobufReader(in.bytes()));
        default -> in.skip();
      }
    }
    return builder.build();
  }

  private static Piece piece(ProtobufReader in) throws IOException {
    String text = "";
    float score = 0;
    Type type = Type.NORMAL;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> text = in.string();
        case 2 -> score = in.float32();
        case 3 -> type = constant(Type.values(), in.int32(), "piece type");
        default -> in.skip();
      }
    }
    return new Piece(text, score, type);
  }

  private static <T> T constant(T[] values, int number, String what) throws IOException {
    if (number < 1 || number > values.length) {
      throw new IOException("unknown " + what + " " + number);
    }
    return values[number - 1];
  }

  /** The same with other pieces and ids. */
  SentencePieceModel withPieces(List<Piece> all, int unk, int bos, int eos, int pad) {
    return new SentencePieceModel(
        List.copyOf(all),
        algorithm,
        unk,
        bos,
        eos,
        pad,
        charsmap,
        addDummyPrefix,
        removeExtraWhitespaces);
  }

  /** The piece with an id, where there is one. */
  Optional<String> text(int id) {
    return id >= 0 && id < pieces.size() ? Optional.of(pieces.get(id).text()) : Optional.empty();
  }

  /** Begins with the defaults of {@code sentencepiece_model.proto}. */
  private static final class Builder {
    final List<Piece> pieces = new ArrayList<>();
    private Algorithm algorithm = Algorithm.UNIGRAM;
    private int unkId = 0;
    private int bosId = 1;
    private int eosId = 2;
    private int padId = -1;
    private String charsmap = "";
    private boolean addDummyPrefix = true;
    private boolean removeExtraWhitespaces = true;

    void trainer(ProtobufReader in) throws IOException {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 3 -> algorithm = constant(Algorithm.values(), in.int32(), "model type");
          case 40 -> unkId = in.int32();
          case 41 -> bosId = in.int32();
          case 42 -> eosId = in.int32();
          case 43 -> padId = in.int32();
          default -> in.skip();
        }
      }
    }

    void normalizer(ProtobufReader in) throws IOException {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 2 ->
              charsmap =
                  StandardCharsets.ISO_8859_1
                      .decode(Base64.getEncoder().encode(in.bytes()))
                      .toString();
          case 3 -> addDummyPrefix = in.bool();
          case 4 -> removeExtraWhitespaces = in.bool();
          default -> in.skip();
        }
      }
    }

    SentencePieceModel build() {
      return new SentencePieceModel(
          List.copyOf(pieces),
          algorithm,
          unkId,
          bosId,
          eosId,
          padId,
          charsmap,
          addDummyPrefix,
          removeExtraWhitespaces);
    }
  }
}
