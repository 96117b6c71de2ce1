package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.StopReason;
import dev.luthier.nn.KvPages;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request: its text so far, and which pages hold the keys and values of how much of it. Only
 * {@link #cancel} may be called outside the scheduler's thread.
 */
final class Sequence extends Answering {
  private final @Nullable LoadedAdapter adapter;
  private final List<Integer> pages = new ArrayList<>();
  private int computed; // tokens in pages
  private int filled; // full pages whose content is known
  private long content; // number of the last of those
  private int cachedTokens; // of the prompt, found before any of it ran
  private boolean ran;
  private long regime; // of its positions, see Transformer

  /**
   * @param adapter whose it is; null for the model itself
   * @param contextLimit the most tokens of prompt and answer
   */
  Sequence(
      EngineRequest request,
      EngineListener listener,
      @Nullable LoadedAdapter adapter,
      ModelLanguage language,
      int contextLimit) {
    super(request, listener, language, contextLimit);
    this.adapter = adapter;
  }

  @Nullable LoadedAdapter adapter() {
    return adapter;
  }

  long regime() {
    return regime;
  }

  void regime(long to) {
    regime = to;
  }

  /** Tokens that must run before the next one can be chosen. */
  int remaining() {
    return row.history().length() - computed;
  }

  int computed() {
    return computed;
  }

  int[] pages() {
    return pages.stream().mapToInt(p -> p).toArray();
  }

  @Override
  int cachedTokens() {
    return cachedTokens;
  }

  /** What the next page to fill must hold to be of use here; null where the text ends before. */
  PageTable.@Nullable Content wanted() {
    int from = filled * KvPages.TOKENS;
    // The last token must run, to give scores.
    if (computed != from || from + KvPages.TOKENS >= text().length()) {
      return null;
    }
    return contentAt(from);
  }

  private PageTable.Content contentAt(int from) {
    int[] tokens = new int[KvPages.TOKENS];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = text().get(from + i);
    }
    return PageTable.Content.of(content, tokens);
  }

  /**
   * Takes the pages that hold the beginning of what is still to run.
   *
   * @param root of contents, where it has no page yet
   */
  void share(PageTable table, long root) {
    if (pages.isEmpty()) {
      content = root;
    }
    if (scoresPrompt()) {
      return; // what others have read says nothing of how probable it was
    }
    for (PageTable.Content next = wanted(); next != null; next = wanted()) {
      int page = table.find(next);
      if (page == PageTable.NONE) {
        break;
      }
      table.share(page);
      pages.add(page);
      content = table.number(page);
      filled++;
      computed += KvPages.TOKENS;
    }
    cachedTokens = ran ? cachedTokens : computed;
  }

  /** Pages that it lacks to hold so many tokens. */
  int lacks(int tokens) {
    return (tokens + KvPages.TOKENS - 1) / KvPages.TOKENS - pages.size();
  }

  void add(int page) {
    pages.add(page);
  }

  /**
   * These tokens have run.
   *
   * @param known whether other texts may use its full pages
   * @return whether they are the first
   */
  boolean ran(int count, PageTable table, boolean known) {
    boolean first = !ran;
    ran = true;
    computed += count;
    while (known && (filled + 1) * KvPages.TOKENS <= computed) {
      content = table.fill(pages.get(filled), contentAt(filled * KvPages.TOKENS));
      filled++;
    }
    return first;
  }

  /** Gives all pages back; what they held must run again. */
  void release(PageTable table) {
    for (int i = pages.size() - 1; i >= 0; i--) {
      table.release(pages.get(i)); // the end of a text is of use to the fewest
    }
    pages.clear();
    computed = 0;
    filled = 0;
  }

  /** Ends the text here. */
  void end(StopReason reason) {
    if (!over) {
      row.end(reason);
    }
  }

  /** It cannot go on. */
  void fail(LuthierException problem) {
    if (!over) {
      over = true;
      listener.failed(problem);
    }
  }

  /** Nobody listens any more. */
  void abandon() {
    over = true;
  }
}
