package dev.luthier.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.format.Gguf;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Awkward texts as our tokenizer and llama.cpp read them.
 *
 * @param texts that were compared
 * @param prepared of these, how many were handed to llama.cpp as the tokenizer itself would write
 *     them first: composed, runs of spaces made one, accents taken off. llama.cpp has none of that
 * @param left texts that were left out, since the vocabulary cannot write them: there llama.cpp
 *     ends its process
 * @param differences texts that have other ids, with both
 */
record TokenComparison(int texts, int prepared, int left, List<String> differences) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What tokenizers do to a text before all else. */
  private static List<UnaryOperator<String>> preparations(Tokenizer tokenizer, String kind) {
    List<UnaryOperator<String>> all = new ArrayList<>();
    all.add(text -> Normalizer.normalize(text, Normalizer.Form.NFC));
    String special =
        tokenizer.specialIds().stream()
            .map(id -> Pattern.quote(tokenizer.token(id)))
            .collect(Collectors.joining("|", "(", ")"));
    all.add(text -> text.replaceAll("^ +| +$", "").replaceAll(" {2,}", " "));
    all.add(text -> text.replaceAll(" *" + special + " *", "$1"));
    all.add(text -> text.replace('\u0085', ' '));
    if (kind.equals("bert")) {
      all.add(text -> Normalizer.normalize(text, Normalizer.Form.NFD).replaceAll("\\p{Mn}", ""));
      all.add(text -> text.replaceAll("[\u000B\f\u0085]", ""));
    }
    return all;
  }

  /** Characters of a word from which on WordPiece gives it up; llama.cpp does not. */
  private static final Pattern LONG_WORD = Pattern.compile("\\w{101}|[\\S&&\\W]{101}");

  TokenComparison {
    differences = List.copyOf(differences);
  }

  /** The texts that can be compared, as llama.cpp gets them, and our ids. */
  record Prepared(String kind, List<String> texts, List<int[]> ids, int prepared, int left) {
    /**
     * Chooses them.
     *
     * @param kind llama.cpp's name of the algorithm
     */
    static Prepared of(Tokenizer tokenizer, String kind) {
      List<String> texts = new ArrayList<>();
      List<int[]> ids = new ArrayList<>();
      List<UnaryOperator<String>> steps = preparations(tokenizer, kind);
      int prepared = 0;
      int left = 0;
      for (String text : AwkwardTexts.all()) {
        int[] own = tokenizer.encodeIds(text, false);
        if (isLeft(tokenizer, kind, text, own)) {
          left++;
          continue;
        }
        String given = text;
        for (UnaryOperator<String> preparation : steps) {
          String next = preparation.apply(given);
          given = Arrays.equals(own, tokenizer.encodeIds(next, false)) ? next : given;
        }
        prepared += given.equals(text) ? 0 : 1;
        texts.add(given);
        ids.add(own);
      }
      return new Prepared(kind, texts, ids, prepared, left);
    }

    private static boolean isLeft(Tokenizer tokenizer, String kind, String text, int[] own) {
      int unknown = tokenizer.unkId().orElse(-1);
      return switch (kind) {
        case "llama" -> Arrays.stream(own).anyMatch(id -> id == unknown);
        case "bert" -> LONG_WORD.matcher(text).find();
        default -> false;
      };
    }

    TokenComparison with(List<int[]> others) {
      List<String> differences = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        if (!same(ids.get(i), others.get(i))) {
          differences.add(
              quoted(texts.get(i))
                  + ": ours "
                  + Arrays.toString(ids.get(i))
                  + ", llama.cpp's "
                  + Arrays.toString(others.get(i)));
        }
      }
      return new TokenComparison(texts.size(), prepared, left, differences);
    }

    /** Of two equally likely ways to cut a text a Unigram tokenizer takes either. */
    private boolean same(int[] own, int[] other) {
      return Arrays.equals(own, other)
          || kind.equals("t5")
              && Arrays.equals(
                  Arrays.stream(own).sorted().toArray(), Arrays.stream(other).sorted().toArray());
    }
  }

  /**
   * Compares them.
   *
   * @param folder empty, for what the other process reads and writes
   */
  static TokenComparison of(Tokenizer tokenizer, Path gguf, Path folder) {
    Prepared prepared = Prepared.of(tokenizer, kind(gguf));
    return prepared.with(
        LlamaProcess.run(LlamaRequest.tokens(gguf, prepared.texts()), folder).tokens());
  }

  static String kind(Path gguf) {
    return Gguf.open(gguf).metadata().text("tokenizer.ggml.model").orElse("");
  }

  private static String quoted(String text) {
    try {
      return MAPPER.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
