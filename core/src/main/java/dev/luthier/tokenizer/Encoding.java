package dev.luthier.tokenizer;

/**
 * The tokens of one text and where each came from.
 *
 * <p>{@code starts[i] .. ends[i]} are UTF-16 positions (those of {@link String#substring}) in the
 * text that was given. What holds for every tokenizer:
 *
 * <ul>
 *   <li>Positions never fall inside a surrogate pair.
 *   <li>When a tokenizer splits one character into several tokens (byte-level BPE and byte fallback
 *       do so with emoji and rare scripts), each of those tokens spans the whole character, so
 *       spans may overlap. With BPE, starts and ends never run backwards, and spans together cover
 *       the whole text.
 *   <li>White space belongs to the token that carries it: the span of " world" starts at the space.
 *       Files that ask for trimmed offsets ({@code trim_offsets}) are read as if they did not, else
 *       spaces and newlines would belong to no token.
 *   <li>A token that stands for nothing in the text (an added BOS or EOS) has an empty span at the
 *       place where it was put.
 *   <li>A space that a SentencePiece-style tokenizer puts before the text is in no span; where it
 *       is a token of its own, this token spans the character after it.
 *   <li>What a normalizer drops (BERT's white space, T5's doubled spaces) is in no span.
 * </ul>
 *
 * @param ids token ids, T of them
 * @param starts first UTF-16 position of each token, T of them
 * @param ends position after the last, T of them
 */
@SuppressWarnings("ArrayRecordComponent") // Lists would box millions of ids.
public record Encoding(int[] ids, int[] starts, int[] ends) {
  /** Refuses arrays of unequal lengths. */
  public Encoding {
    if (ids.length != starts.length || ids.length != ends.length) {
      throw new IllegalArgumentException(
          "ids, starts, ends have lengths "
              + ids.length
              + ", "
              + starts.length
              + ", "
              + ends.length);
    }
  }

  /** Number of tokens T. */
  public int length() {
    return ids.length;
  }
}
