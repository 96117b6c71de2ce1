package dev.luthier.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Tokenizers for tests, trained here on text that stands here: byte-level BPE with the special
 * tokens {@code <|endoftext|>} (id 0, end and pad), {@code <|im_start|>} (id 1) and {@code
 * <|im_end|>} (id 2), and ChatML as its template.
 */
public final class TestTokenizers {
  public static final String END_OF_TEXT = "<|endoftext|>";
  public static final String IM_START = "<|im_start|>";
  public static final String IM_END = "<|im_end|>";

  public static final String CHATML =
      """
      {% for message in messages %}<|im_start|>{{ message['role'] }}
      {{ message['content'] }}<|im_end|>
      {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
      {% endif %}""";

  private static final List<String> SENTENCES =
      List.of(
          "The birch canoe slid on the smooth planks.",
          "Glue the sheet to the dark blue background.",
          "It's easy to tell the depth of a well; they're deep, and we've seen that they'll stay.",
          "These days a chicken leg is a rare dish, isn't it? 1234 of 5678 said so.",
          "user\nassistant\nsystem\nYou are a helpful assistant. The user asks, the assistant answers.\n",
          "Größe, naïve café, über straße; Кошка сидит; 日本語の文章; 한국어 문장; emoji 🙂🙃🚀 and 👩‍👩‍👧.",
          "for (int i = 0; i < 10; i++) {\n    sum += values[i];\n}\n");

  private TestTokenizers() {}

  /** 400 tokens, in a folder of its own under the temporary folder. */
  public static Tokenizer chat() {
    return Shared.CHAT;
  }

  /** The folder of {@link #chat}, for tests that load a model folder: copy its files. */
  public static Path chatFolder() {
    return Shared.FOLDER;
  }

  /** Trains on the built-in text and writes the files to the folder. */
  public static Tokenizer write(Path folder, int vocabSize, TokenizerRoles roles) {
    BpeTrainer trainer = new BpeTrainer(vocabSize, List.of(END_OF_TEXT, IM_START, IM_END), 1);
    TokenizerWriter.write(trainer.train(text()), roles, folder);
    return Tokenizer.load(folder);
  }

  /**
   * A tokenizer of Llama 2's kind by hand: SentencePiece BPE with byte fallback, BOS {@code <s>}
   * (id 1), EOS {@code </s>} (id 2); its words are made of a, b and spaces.
   */
  public static Tokenizer sentencePiece() {
    return Shared.SENTENCE_PIECE;
  }

  private static Tokenizer writeSentencePiece(Path folder) {
    StringBuilder vocabulary = new StringBuilder("\"<unk>\": 0, \"<s>\": 1, \"</s>\": 2");
    for (int b = 0; b < 256; b++) {
      vocabulary.append(", \"<0x%02X>\": %d".formatted(b, 3 + b));
    }
    int id = 259;
    for (String token : List.of("▁", "a", "b", "ab", "▁ab", "▁a", "▁▁")) {
      vocabulary.append(", \"%s\": %d".formatted(token, id++));
    }
    String added =
        ADDED.formatted(0, "<unk>")
            + ","
            + ADDED.formatted(1, "<s>")
            + ","
            + ADDED.formatted(2, "</s>");
    try {
      Files.writeString(
          folder.resolve("tokenizer.json"), SENTENCE_PIECE.formatted(added, vocabulary));
      Files.writeString(
          folder.resolve("tokenizer_config.json"),
          """
          {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
           "unk_token": "<unk>"}""");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizer.load(folder);
  }

  private static final String ADDED =
      """
      {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}""";

  private static final String SENTENCE_PIECE =
      """
      {"added_tokens": [%s],
       "normalizer": {"type": "Sequence", "normalizers": [
         {"type": "Prepend", "prepend": "▁"},
         {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
       "decoder": {"type": "Sequence", "decoders": [
         {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
         {"type": "ByteFallback"}, {"type": "Fuse"},
         {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
       "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
         "vocab": {%s},
         "merges": ["a b", "▁ ab", "▁ a", "▁ ▁"]}}""";

  /** A tokenizer of the 256 bytes alone: no merges, no special tokens. */
  public static void writeBytes(Path folder) throws IOException {
    StringBuilder vocabulary = new StringBuilder();
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean shown = b > 32 && b < 127 || b > 160 && b != 173;
      int letter = shown ? b : next++;
      vocabulary.append(b == 0 ? "" : ", ").append("\"\\u%04x\": %d".formatted(letter, b));
    }
    Files.writeString(folder.resolve("tokenizer.json"), BYTES.formatted(vocabulary));
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"GPT2Tokenizer\"}");
  }

  private static final String BYTES =
      """
      {"added_tokens": [], "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
         "use_regex": true},
       "model": {"type": "BPE", "vocab": {%s}, "merges": []}}""";

  /** ChatML; END_OF_TEXT is BOS where {@code addBos} is on. */
  public static TokenizerRoles roles(boolean addBos) {
    return new TokenizerRoles(
        addBos ? Optional.of(END_OF_TEXT) : Optional.empty(),
        Optional.of(IM_END),
        Optional.of(END_OF_TEXT),
        addBos,
        1024,
        Optional.of(CHATML));
  }

  /** The built-in text, which is long enough for about 600 tokens. */
  public static Stream<String> text() {
    return SENTENCES.stream();
  }

  private static final class Shared {
    static final Path FOLDER = temporaryFolder();
    static final Tokenizer CHAT = write(FOLDER, 400, roles(false));
    static final Tokenizer SENTENCE_PIECE = writeSentencePiece(temporaryFolder());
  }

  private static Path temporaryFolder() {
    try {
      Path folder = Files.createTempDirectory("luthier-tokenizer");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    java.io.File[] files = folder.toFile().listFiles();
    List<java.io.File> all = files == null ? Collections.emptyList() : Arrays.asList(files);
    all.forEach(java.io.File::delete);
    folder.toFile().delete();
  }
}
