package dev.luthier.tokenizer.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the parser notes about the names it meets. */
final class Names {
  /** Names that mean something inside loops and macros where the body mentions them. */
  private static final Set<String> SPECIAL = Set.of("loop", "caller", "kwargs", "varargs");

  /** What a body mentions. */
  static final class Mentions {
    private final Set<String> loaded = new HashSet<>();
    private final Set<String> stored = new HashSet<>();

    boolean has(String name) {
      return loaded.contains(name);
    }
  }

  private final Deque<Mentions> open = new ArrayDeque<>();
  private final List<Frame> frames = new ArrayList<>();
  private Frame frame = openFrame(null);

  /** Filters and tests that do not exist, outside of conditions. */
  private final List<Fault> unknown = new ArrayList<>();

  /** Inside {@code if}, Jinja2 complains about unknown filters only when it meets them. */
  private boolean lenient;

  Mentions open() {
    Mentions mentions = new Mentions();
    open.push(mentions);
    return mentions;
  }

  void close() {
    open.pop();
  }

  private Frame openFrame(@Nullable Frame parent) {
    Frame opened = new Frame(parent);
    frames.add(opened);
    return opened;
  }

  /** The scope that is being read. */
  Frame frame() {
    return frame;
  }

  /** Begins a scope inside the current one. */
  Frame enter() {
    frame = openFrame(frame);
    return frame;
  }

  void leave() {
    frame.close();
    Frame parent = frame.parent();
    if (parent != null) {
      frame = parent;
    }
  }

  void loaded(String name) {
    frame.loaded(name);
    if (SPECIAL.contains(name)) {
      for (Mentions m : open) {
        if (!m.stored.contains(name)) {
          m.loaded.add(name);
        }
      }
    }
  }

  void stored(String name) {
    frame.stored(name);
    if (SPECIAL.contains(name)) {
      open.forEach(m -> m.stored.add(name));
    }
  }

  /** Sets whether unknown filters are let through for now; returns what it was. */
  boolean lenient(boolean now) {
    boolean before = lenient;
    lenient = now;
    return before;
  }

  void filter(String name, int line) {
    note(Filters.exists(name), "filter", name, line);
  }

  void test(String name, int line) {
    note(Tests.exists(name), "test", name, line);
  }

  private void note(boolean exists, String what, String name, int line) {
    if (!exists && !lenient) {
      unknown.add(new Fault(Fault.Kind.SYNTAX, "No " + what + " named " + Repr.quote(name), line));
    }
  }

  int mark() {
    return unknown.size();
  }

  /** Forgets unknown filters since the mark: they stand in a conditional expression. */
  void forgive(int mark) {
    unknown.subList(mark, unknown.size()).clear();
  }

  void check() {
    frames.forEach(Frame::finish);
    if (!unknown.isEmpty()) {
      throw unknown.get(0);
    }
  }
}
