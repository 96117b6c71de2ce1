package dev.luthier.data;

import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Rows without a chat template: texts tokenized apart, joined, and closed by the end-of-text token.
 */
final class Joined {
  /** What is written where the tokenizer has no end-of-text token: nothing. */
  private record End(String text, int[] ids) {}

  record Parts(String text, Encoding encoding, LabelMask mask) {}

  private final Tokenizer tokenizer;
  private final boolean trainEnd;

  /**
   * @param trainEnd whether the end-of-text token that is added is trained
   */
  Joined(Tokenizer tokenizer, boolean trainEnd) {
    this.tokenizer = tokenizer;
    this.trainEnd = trainEnd;
  }

  Parts text(String text) {
    return join(opened(text), text, empty(), "", 0);
  }

  /**
   * @param everything whether the prompt is trained too
   */
  Parts pair(String prompt, String completion, boolean everything) {
    Encoding read = opened(prompt);
    Encoding answer = tokenizer.encode(completion, false);
    return join(read, prompt, answer, completion, everything ? 0 : read.length());
  }

  private Parts join(Encoding a, String textA, Encoding b, String textB, int trainFrom) {
    int lastId =
        b.length() > 0 ? b.ids()[b.length() - 1] : a.length() > 0 ? a.ids()[a.length() - 1] : -1;
    // a completion that already spells the end-of-text token out does not get another
    End end = end(lastId);
    String text = textA + textB + end.text();
    int length = a.length() + b.length() + end.ids().length;
    int[] ids = Arrays.copyOf(a.ids(), length);
    int[] starts = Arrays.copyOf(a.starts(), length);
    int[] ends = Arrays.copyOf(a.ends(), length);
    for (int i = 0; i < b.length(); i++) {
      ids[a.length() + i] = b.ids()[i];
      starts[a.length() + i] = b.starts()[i] + textA.length();
      ends[a.length() + i] = b.ends()[i] + textA.length();
    }
    for (int i = a.length() + b.length(); i < length; i++) {
      ids[i] = end.ids()[0];
      starts[i] = textA.length() + textB.length();
      ends[i] = text.length();
    }
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, trainFrom, TokenSequence.IGNORED);
    if (!trainEnd) {
      Arrays.fill(labels, a.length() + b.length(), length, TokenSequence.IGNORED);
    }
    return new Parts(text, new Encoding(ids, starts, ends), new LabelMask(labels, 0, -1));
  }

  private End end(int lastId) {
    if (tokenizer.eosId().isEmpty() || tokenizer.eosId().getAsInt() == lastId) {
      return new End("", new int[0]);
    }
    return new End(tokenizer.eosToken().orElse(""), new int[] {tokenizer.eosId().getAsInt()});
  }

  /** The text with BOS as the tokenizer adds it, without what the tokenizer adds at the end. */
  Encoding opened(String text) {
    Encoding encoding = tokenizer.encode(text, true);
    int length = encoding.length();
    while (length > 0
        && encoding.starts()[length - 1] == encoding.ends()[length - 1]
        && tokenizer.specialIds().contains(encoding.ids()[length - 1])
        && !isOnlyBos(encoding, length)) {
      length--;
    }
    return new Encoding(
        Arrays.copyOf(encoding.ids(), length),
        Arrays.copyOf(encoding.starts(), length),
        Arrays.copyOf(encoding.ends(), length));
  }

  private boolean isOnlyBos(Encoding encoding, int length) {
    return length == 1
        && tokenizer.bosId().isPresent()
        && encoding.ids()[0] == tokenizer.bosId().getAsInt()
        && tokenizer.addBosToken();
  }

  private static Encoding empty() {
    return new Encoding(new int[0], new int[0], new int[0]);
  }
}
