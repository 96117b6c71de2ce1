package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.format.Llama2cFile;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.SentencePieceModel.Algorithm;
import dev.luthier.tokenizer.SentencePieceModel.Piece;
import dev.luthier.tokenizer.SentencePieceModel.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The vocabulary that llama2.c exports of Llama's SentencePiece model, little endian: int32 longest
 * token in bytes; then for each token float32 score, int32 bytes, and its bytes in UTF-8. Spaces
 * stand as they are. Tokens 0, 1 and 2 are {@code <unk>}, BOS and EOS, as Llama has them.
 */
final class Llama2cTokenizer {
  private static final int SPECIAL = 3;

  /** Nothing of this kind is as large; models are. */
  private static final long MOST_BYTES = 64 << 20;

  private Llama2cTokenizer() {}

  /** The only vocabulary beside a llama2.c model that has as many tokens as the model. */
  static Optional<Path> beside(Path model) {
    int wanted = Llama2cFile.open(model).config().path("vocab_size").asInt();
    Path folder = model.toAbsolutePath().resolveSibling("");
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files
              .filter(f -> f.toString().endsWith(".bin") && !f.endsWith(model.getFileName()))
              .filter(f -> count(f).equals(OptionalInt.of(wanted)))
              .limit(2)
              .toList();
      return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be listed: " + Reason.of(e), e);
    }
  }

  /** How many tokens a file has; empty if it is no such file. */
  static OptionalInt count(Path file) {
    try {
      long size = Files.size(file);
      return size > MOST_BYTES
          ? OptionalInt.empty()
          : pieces(Files.readAllBytes(file))
              .map(p -> OptionalInt.of(p.size()))
              .orElse(OptionalInt.empty());
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }

  static ConvertedTokenizer convert(Path file, SourceFolder folder) {
    List<Piece> pieces;
    try {
      pieces = pieces(Files.readAllBytes(file)).orElseThrow(() -> changed(file));
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
    SentencePieceModel model =
        new SentencePieceModel(pieces, Algorithm.BPE, 0, 1, 2, -1, "", true, false);
    return SentencePieceConverter.convert(file.toString(), model, folder);
  }

  private static LuthierException changed(Path file) {
    return new LuthierException(file + " is no llama2.c vocabulary any more; was it replaced?");
  }

  /** All of a file's tokens; empty unless they fill it to its last byte. */
  private static Optional<List<Piece>> pieces(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < Integer.BYTES) {
      return Optional.empty();
    }
    int longest = in.getInt();
    List<Piece> out = new ArrayList<>();
    int found = 0;
    while (in.remaining() >= 2 * Integer.BYTES) {
      float score = in.getFloat();
      int bytes = in.getInt();
      if (bytes < 0 || bytes > longest || bytes > in.remaining()) {
        return Optional.empty();
      }
      found = Math.max(found, bytes);
      Optional<String> text = text(in.slice(in.position(), bytes));
      if (text.isEmpty()) {
        return Optional.empty();
      }
      in.position(in.position() + bytes);
      out.add(piece(out.size(), text.get(), score));
    }
    boolean whole = !in.hasRemaining() && found == longest && out.size() > SPECIAL;
    return whole ? Optional.of(out) : Optional.empty();
  }

  private static Optional<String> text(ByteBuffer bytes) {
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static Piece piece(int id, String text, float score) {
    return switch (id) {
      case 0 -> new Piece("<unk>", score, Type.UNKNOWN);
      case 1 -> new Piece("<s>", score, Type.CONTROL);
      case 2 -> new Piece("</s>", score, Type.CONTROL);
      default ->
          new Piece(
              text.replace(' ', '▁'),
              score,
              text.matches("<0x[0-9A-F]{2}>") ? Type.BYTE : Type.NORMAL);
    };
  }
}
