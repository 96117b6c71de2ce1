package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * What the Rust library believes without looking: it ends the whole process on such files, so they
 * are refused before it sees them.
 */
final class HostileFiles {
  /** Far above any real vocabulary; a model would need a row of weights for each id up to it. */
  private static final int LARGEST_ID = 1 << 26;

  private HostileFiles() {}

  static int checkedId(String token, long id) throws IOException {
    if (id < 0 || id > LARGEST_ID) {
      throw new IOException(
          "the id of token \"" + token + "\" is " + id + ", expected 0 to " + LARGEST_ID);
    }
    return (int) id;
  }

  /** Each special token that a template names must be described beside it. */
  static void checkTemplates(JsonNode postProcessor) throws IOException {
    for (String list : new String[] {"single", "pair"}) {
      for (JsonNode piece : postProcessor.path(list)) {
        JsonNode id = piece.path("SpecialToken").path("id");
        if (id.isTextual() && !postProcessor.path("special_tokens").has(id.asText())) {
          throw new IOException(
              "post_processor." + list + " names " + id + ", which special_tokens lacks");
        }
      }
    }
    for (JsonNode child : postProcessor.path("processors")) {
      checkTemplates(child);
    }
  }

  /** SentencePiece's table of replacements: length of a trie in bytes, the trie, UTF-8 text. */
  static void checkCharacterMaps(JsonNode normalizer) throws IOException {
    for (String encoded : normalizer.findValuesAsText("precompiled_charsmap")) {
      try {
        ByteBuffer map =
            ByteBuffer.wrap(Base64.getDecoder().decode(encoded)).order(ByteOrder.LITTLE_ENDIAN);
        long trie = map.remaining() < 4 ? -1 : Integer.toUnsignedLong(map.getInt());
        if (trie < 0 || trie > map.remaining() || trie % 4 != 0) {
          throw new IOException("the normalizer's precompiled_charsmap is cut short");
        }
        map.position(map.position() + (int) trie);
        StandardCharsets.UTF_8.newDecoder().decode(map);
      } catch (IllegalArgumentException | CharacterCodingException e) {
        throw new IOException("the normalizer's precompiled_charsmap is damaged: " + e, e);
      }
    }
  }
}
