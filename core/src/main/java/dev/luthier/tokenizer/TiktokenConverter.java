package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * tiktoken's ranks: lines of a token's bytes in Base64 and its rank, which is its id and decides
 * what is merged first. Llama 3's {@code tokenizer.model} is such a file.
 */
final class TiktokenConverter {
  private static final Pattern LINE = Pattern.compile("[A-Za-z0-9+/]+={0,2} [0-9]{1,9}");

  /** What the file itself does not hold. */
  private enum Family {
    LLAMA3(128_000, WordPattern.LLAMA3, Set.of("LlamaTokenizer", "llama", "llama3")),
    QWEN(151_643, WordPattern.QWEN2, Set.of("QWenTokenizer", "qwen")),
    CL100K(100_256, WordPattern.LLAMA3, Set.of("cl100k_base")),
    O200K(199_998, WordPattern.GPT4O, Set.of("o200k_base")),
    P50K(50_280, WordPattern.GPT2, Set.of("p50k_base")),
    R50K(50_256, WordPattern.GPT2, Set.of("r50k_base", "gpt2"));

    final int ranks;
    final WordPattern pattern;
    final Set<String> names;

    Family(int ranks, WordPattern pattern, Set<String> names) {
      this.ranks = ranks;
      this.pattern = pattern;
      this.names = names;
    }

    /** Special tokens by id, given the number of ranks. */
    Map<Integer, String> specials(int count, boolean llama31) {
      Map<Integer, String> specials = new LinkedHashMap<>();
      List<String> inOrder =
          switch (this) {
            case LLAMA3 -> llama3(llama31);
            case QWEN -> qwen();
            default -> List.of();
          };
      for (int i = 0; i < inOrder.size(); i++) {
        specials.put(count + i, inOrder.get(i));
      }
      switch (this) {
        case CL100K -> {
          List<String> fim = List.of("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>");
          specials.put(100_257, "<|endoftext|>");
          for (int i = 0; i < fim.size(); i++) {
            specials.put(100_258 + i, fim.get(i));
          }
          specials.put(100_276, "<|endofprompt|>");
        }
        case O200K -> {
          specials.put(199_999, "<|endoftext|>");
          specials.put(200_018, "<|endofprompt|>");
        }
        case P50K, R50K -> specials.put(50_256, "<|endoftext|>");
        default -> {}
      }
      return specials;
    }

    private static List<String> llama3(boolean llama31) {
      List<String> all = new ArrayList<>(List.of("<|begin_of_text|>", "<|end_of_text|>"));
      Map<Integer, String> named = new LinkedHashMap<>();
      named.put(6, "<|start_header_id|>");
      named.put(7, "<|end_header_id|>");
      named.put(9, "<|eot_id|>");
      if (llama31) {
        named.put(4, "<|finetune_right_pad_id|>");
        named.put(8, "<|eom_id|>");
        named.put(10, "<|python_tag|>");
      }
      int reserved = 0;
      while (all.size() < 256) {
        String name = named.get(all.size());
        all.add(name == null ? "<|reserved_special_token_" + reserved++ + "|>" : name);
      }
      return all;
    }

    private static List<String> qwen() {
      List<String> all = new ArrayList<>(List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
      for (int i = 0; i < 205; i++) {
        all.add("<|extra_" + i + "|>");
      }
      return all;
    }

    Map<String, String> roles() {
      return this == LLAMA3
          ? Map.of("bos_token", "<|begin_of_text|>", "eos_token", "<|end_of_text|>")
          : Map.of("eos_token", "<|endoftext|>");
    }
  }

  private TiktokenConverter() {}

  /** Whether the file's first line is one of ranks; a SentencePiece model is binary. */
  static boolean isRanks(Path file) {
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      char[] start = new char[200];
      int count = in.read(start);
      String line = new String(start, 0, Math.max(count, 0)).lines().findFirst().orElse("");
      return LINE.matcher(line).matches();
    } catch (IOException e) {
      throw Jackson.unreadable(file, e);
    }
  }

  static ConvertedTokenizer convert(Path file, SourceFolder folder) {
    Map<String, Integer> rankOf = ranks(file);
    Family family = family(file, folder, rankOf.size());
    TokenTable tokens = new TokenTable(file.toString());
    rankOf.forEach((token, rank) -> tokens.put(rank, token));
    if (folder.config().addedTokens().isEmpty()) {
      family
          .specials(rankOf.size(), folder.llama31())
          .forEach((id, token) -> tokens.add(TokenizerParts.special(token).put("id", id)));
    }
    Map<String, String> roles = folder.addTo(tokens, family.roles());
    boolean addsBos = folder.config().addBosToken().orElse(family == Family.LLAMA3);
    Optional<String> bos = folder.role("bos_token", roles).filter(token -> addsBos);
    ObjectNode json =
        TokenizerParts.document(
            tokens,
            family == Family.QWEN ? TokenizerParts.part("NFC") : TokenizerParts.none(),
            family.pattern.preTokenizer(false),
            bos.isPresent()
                ? PostProcessors.template(bos, Optional.empty(), tokens.idOf())
                : TokenizerParts.byteLevel(false, true),
            TokenizerParts.byteLevel(false, true),
            TokenizerParts.bpe(tokens.vocabulary(), Merges.byRank(rankOf), true));
    return ConvertedTokenizer.of(json, folder, roles);
  }

  /** Tokens in GPT-2's letters with their ranks, in the file's order. */
  private static Map<String, Integer> ranks(Path file) {
    Map<String, Integer> rankOf = new LinkedHashMap<>();
    List<String> lines = SourceText.lines(file);
    boolean[] single = new boolean[256];
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty()) {
        continue;
      }
      if (!LINE.matcher(line).matches()) {
        throw damaged(file, i, "expected a token in Base64 and its rank, found \"" + line + '"');
      }
      int space = line.indexOf(' ');
      byte[] bytes;
      try {
        bytes = Base64.getDecoder().decode(line.substring(0, space));
      } catch (IllegalArgumentException e) {
        throw damaged(file, i, "the token is not whole in Base64");
      }
      if (bytes.length == 1) {
        single[bytes[0] & 0xFF] = true;
      }
      int rank = Integer.parseInt(line.substring(space + 1));
      if (rankOf.put(ByteLetters.write(bytes), rank) != null) {
        throw damaged(file, i, "the token stands there twice");
      }
    }
    for (int b = 0; b < single.length; b++) {
      if (!single[b]) {
        throw new LuthierException(
            file + " has no token for byte " + b + ": it is cut short. Download it again.");
      }
    }
    return rankOf;
  }

  private static LuthierException damaged(Path file, int line, String what) {
    return new LuthierException(file + " line " + (line + 1) + ": " + what);
  }

  private static Family family(Path file, SourceFolder folder, int ranks) {
    String name = file.getFileName().toString();
    String stem = name.substring(0, name.lastIndexOf('.'));
    for (String hint : List.of(folder.family(), stem)) {
      for (Family family : Family.values()) {
        if (family.names.contains(hint)) {
          return family;
        }
      }
    }
    return Arrays.stream(Family.values())
        .filter(family -> family.ranks == ranks)
        .findFirst()
        .orElseThrow(
            () ->
                new LuthierException(
                    file
                        + " has "
                        + ranks
                        + " ranks, which no known vocabulary has, and ranks do not say how text is"
                        + " cut into words. Save a tokenizer.json, or name the family as model_type"
                        + " in config.json: llama, qwen."));
  }
}
