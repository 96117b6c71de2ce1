package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.format.Gguf;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Llama2cFile;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files that hold a tokenizer's vocabulary. All but tokenizer.json are turned into one in
 * memory, which the same library reads.
 *
 * @param kind what they are
 * @param files one, or a vocabulary and its merges
 */
public record TokenizerSource(Kind kind, List<Path> files) {
  /** Kinds of vocabularies; where a folder has several, the first is taken. */
  public enum Kind {
    /** Hugging Face's own, with everything in it. */
    TOKENIZER_JSON,
    /** {@code tokenizer.model}, {@code spiece.model} or another {@code .model} in protobuf. */
    SENTENCE_PIECE,
    /** {@code vocab.json} and {@code merges.txt}, or {@code encoder.json} and {@code vocab.bpe}. */
    VOCAB_AND_MERGES,
    /** BERT's {@code vocab.txt}. */
    WORD_PIECE,
    /** {@code .tiktoken}, or a {@code .model} of such lines. */
    TIKTOKEN,
    /** llama.cpp's model file, which holds its vocabulary. */
    GGUF,
    /** The {@code tokenizer.bin} that llama2.c exports. */
    LLAMA2C
  }

  /** Llama 3's and Qwen's are of this size; most others are smaller. */
  private static final long GGUF_JSON_BYTES = 9L << 20;

  /** Copies the list. */
  public TokenizerSource {
    files = List.copyOf(files);
  }

  /**
   * The tokenizer of a folder, or that in one file.
   *
   * @throws LuthierException when there is none, saying what was looked for
   */
  public static TokenizerSource at(Path path) {
    if (!Files.exists(path)) {
      throw new LuthierException(
          path + " does not exist; expected a folder with a tokenizer.json or another tokenizer.");
    }
    Optional<TokenizerSource> found = Files.isRegularFile(path) ? ofFile(path) : in(path);
    return found.orElseThrow(
        () ->
            new LuthierException(
                "Expected a tokenizer.json in "
                    + path
                    + ", or a tokenizer.model, vocab.json with merges.txt, vocab.txt, a .tiktoken"
                    + " or a .gguf file, or beside a llama2.c model the one tokenizer.bin of its"
                    + " vocabulary, found none of them. Name the folder that has it."));
  }

  /** The tokenizer of a folder, where it has one. */
  public static Optional<TokenizerSource> in(Path folder) {
    return file(folder, HfFolder.TOKENIZER)
        .map(file -> one(Kind.TOKENIZER_JSON, file))
        .or(() -> file(folder, "tokenizer.model").map(TokenizerSource::model))
        .or(() -> file(folder, "spiece.model").map(TokenizerSource::model))
        .or(() -> pair(folder, "vocab.json", "merges.txt"))
        .or(() -> pair(folder, "encoder.json", "vocab.bpe"))
        .or(() -> file(folder, "vocab.txt").map(file -> one(Kind.WORD_PIECE, file)))
        .or(() -> only(folder, ".tiktoken").map(file -> one(Kind.TIKTOKEN, file)))
        .or(() -> only(folder, ".model").map(TokenizerSource::model))
        .or(() -> only(folder, Gguf.SUFFIX).map(file -> one(Kind.GGUF, file)));
  }

  private static Optional<TokenizerSource> ofFile(Path file) {
    String name = String.valueOf(file.getFileName());
    if (name.endsWith(".json")) {
      return Optional.of(one(Kind.TOKENIZER_JSON, file));
    }
    if (name.endsWith(".model")) {
      return Optional.of(model(file));
    }
    if (Gguf.isNamed(file)) {
      return Optional.of(one(Kind.GGUF, file));
    }
    if (name.endsWith(".tiktoken")) {
      return Optional.of(one(Kind.TIKTOKEN, file));
    }
    if (name.endsWith(".bin")) {
      return bin(file);
    }
    return name.endsWith(".txt") ? Optional.of(one(Kind.WORD_PIECE, file)) : Optional.empty();
  }

  /** A vocabulary of llama2.c, or what stands beside a model of it. */
  private static Optional<TokenizerSource> bin(Path file) {
    if (Llama2cFile.isOne(file)) {
      return in(file.resolveSibling(""))
          .or(() -> Llama2cTokenizer.beside(file).map(f -> one(Kind.LLAMA2C, f)));
    }
    return Optional.of(one(Kind.LLAMA2C, file))
        .filter(found -> Llama2cTokenizer.count(file).isPresent());
  }

  private static TokenizerSource one(Kind kind, Path file) {
    return new TokenizerSource(kind, List.of(file));
  }

  private static TokenizerSource model(Path file) {
    return one(TiktokenConverter.isRanks(file) ? Kind.TIKTOKEN : Kind.SENTENCE_PIECE, file);
  }

  private static Optional<TokenizerSource> pair(Path folder, String vocabulary, String merges) {
    Path first = folder.resolve(vocabulary);
    Path second = folder.resolve(merges);
    return Files.isRegularFile(first) && Files.isRegularFile(second)
        ? Optional.of(new TokenizerSource(Kind.VOCAB_AND_MERGES, List.of(first, second)))
        : Optional.empty();
  }

  private static Optional<Path> file(Path folder, String name) {
    return Optional.of(folder.resolve(name)).filter(Files::isRegularFile);
  }

  /** The one file with this ending; of several none can be meant. */
  private static Optional<Path> only(Path folder, String ending) {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(ending)).limit(2).toList();
      return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be listed: " + Reason.of(e), e);
    }
  }

  /** The file that messages name. */
  Path main() {
    return files.get(0);
  }

  /**
   * Makes a tokenizer.json of the files, and of what stands beside them.
   *
   * @throws IllegalStateException where they are one already
   */
  ConvertedTokenizer convert() {
    if (kind == Kind.GGUF) {
      return GgufTokenizer.convert(main());
    }
    SourceFolder folder = SourceFolder.read(folder());
    return switch (kind) {
      case SENTENCE_PIECE -> SentencePieceConverter.convert(main(), folder);
      case VOCAB_AND_MERGES -> VocabMergesConverter.convert(main(), files.get(1), folder);
      case WORD_PIECE -> WordPieceConverter.convert(main(), folder);
      case TIKTOKEN -> TiktokenConverter.convert(main(), folder);
      case LLAMA2C -> Llama2cTokenizer.convert(main(), folder);
      default -> throw new IllegalStateException(main() + " needs no conversion");
    };
  }

  /** Where the files stand. */
  Path folder() {
    return main().resolveSibling("");
  }

  /** About how many bytes the tokenizer takes as a tokenizer.json. */
  public long jsonBytes() {
    long bytes = files.stream().mapToLong(file -> file.toFile().length()).sum();
    return switch (kind) {
      case TOKENIZER_JSON, VOCAB_AND_MERGES -> bytes;
      case WORD_PIECE -> 3 * bytes;
      case SENTENCE_PIECE, TIKTOKEN, LLAMA2C -> 4 * bytes;
      case GGUF -> GGUF_JSON_BYTES;
    };
  }
}
