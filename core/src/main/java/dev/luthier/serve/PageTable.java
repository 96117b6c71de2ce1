package dev.luthier.serve;

import java.nio.IntBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who uses which page, and what full pages hold. A page's content is its tokens and the content of
 * the page before it, the first one's a number below 0 that an adapter has; contents are numbered,
 * so that equal numbers mean equal texts, whatever their hashes. A page that nobody uses keeps its
 * content until its room is needed, the one longest unused first.
 */
final class PageTable {
  /** Nothing is held of it. */
  static final int NONE = -1;

  /**
   * What a page holds.
   *
   * @param before content of the page before
   * @param tokens of this page
   */
  record Content(long before, IntBuffer tokens) {
    static Content of(long before, int... tokens) {
      return new Content(before, IntBuffer.wrap(tokens));
    }
  }

  private final int[] users;
  private final @Nullable Content[] contents;
  private final long[] numbers;
  private final Map<Content, Integer> known = new HashMap<>();
  private final Deque<Integer> empty = new ArrayDeque<>();
  private final Set<Integer> unused = new LinkedHashSet<>(); // but known, longest unused first
  private long next = 1;

  PageTable(int pages) {
    users = new int[pages];
    contents = new Content[pages];
    numbers = new long[pages];
    for (int i = 0; i < pages; i++) {
      empty.add(i);
    }
  }

  /** Pages there are. */
  int pages() {
    return users.length;
  }

  /** Pages that could be taken. */
  int available() {
    return empty.size() + unused.size();
  }

  /** A page with one user and nothing in it; there must be one available. */
  int take() {
    int page;
    if (empty.isEmpty()) {
      page = unused.iterator().next();
      unused.remove(page);
      forget(page);
    } else {
      page = empty.remove();
    }
    users[page] = 1;
    return page;
  }

  private void forget(int page) {
    known.remove(contents[page]);
    contents[page] = null;
  }

  /** The page with this content, or {@link #NONE}. */
  int find(Content content) {
    return known.getOrDefault(content, NONE);
  }

  /** The number of what a known page holds. */
  long number(int page) {
    return numbers[page];
  }

  /** One more user of a page. */
  void share(int page) {
    if (users[page]++ == 0) {
      unused.remove(page);
    }
  }

  /** One user less. */
  void release(int page) {
    if (--users[page] == 0) {
      if (contents[page] == null) {
        empty.add(page);
      } else {
        unused.add(page);
      }
    }
  }

  /**
   * A page is full.
   *
   * @return the number of its content, which another page may hold already
   */
  long fill(int page, Content content) {
    Integer there = known.putIfAbsent(content, page);
    if (there != null) {
      return numbers[there];
    }
    contents[page] = content;
    numbers[page] = next++;
    return numbers[page];
  }

  /** Forgets what nobody uses. */
  void clear() {
    unused.forEach(this::forget);
    empty.addAll(unused);
    unused.clear();
  }

  /** Users of all pages together. */
  int uses() {
    return Arrays.stream(users).sum();
  }
}
