package dev.luthier.generate;

import dev.luthier.tokenizer.IncrementalDecoder;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * The text that generated ids add to a prompt. The prompt's last ids go through the decoder first,
 * since how a token reads depends on what stands before it: SentencePiece drops a text's first
 * space, and prompt and text together must read as one.
 */
final class TextStream {
  private static final int CONTEXT = 16;

  private final IncrementalDecoder decoder;
  private final StopStrings stops;
  private final StringBuilder text = new StringBuilder();

  /** Characters of the prompt that the decoder still holds back. */
  private int ofPrompt;

  TextStream(Tokenizer tokenizer, int[] prompt, List<String> stops) {
    this.decoder = new IncrementalDecoder(tokenizer, true);
    this.stops = new StopStrings(stops);
    int[] tail = Arrays.copyOfRange(prompt, Math.max(0, prompt.length - CONTEXT), prompt.length);
    ofPrompt = tokenizer.decode(tail, true).length();
    for (int id : tail) {
      ofPrompt -= decoder.next(id).length();
    }
  }

  /** What is certain with this id. */
  String next(int id) {
    return append(stops.next(own(decoder.next(id))));
  }

  /** What was held back. */
  String finish() {
    String rest = stops.next(own(decoder.finish()));
    return append(rest + stops.finish());
  }

  private String own(String piece) {
    int skipped = Math.min(ofPrompt, piece.length());
    ofPrompt -= skipped;
    return piece.substring(skipped);
  }

  private String append(String piece) {
    text.append(piece);
    return piece;
  }

  /** The stop string that has come; empty if none has. */
  String stop() {
    return stops.found();
  }

  /** All text so far. */
  String text() {
    return text.toString();
  }
}
