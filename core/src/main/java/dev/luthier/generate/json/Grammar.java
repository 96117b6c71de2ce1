package dev.luthier.generate.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A set of texts: a regular expression over bytes of UTF-8 whose parts may be {@link Rule}s, which
 * may lead to themselves. Immutable once its rules have bodies, and compared by identity.
 *
 * <p>No part may be impossible to finish: what an {@link Automaton} has begun can then always be
 * brought to an end. {@link #NEVER} is the one exception, and no other grammar has it as a part.
 */
public abstract sealed class Grammar {
  /** No limit. */
  static final int UNBOUNDED = Integer.MAX_VALUE;

  /** No text at all. */
  static final Grammar NEVER = new Either(List.of());

  /** The empty text. */
  static final Grammar EMPTY = new Sequence(List.of());

  private Grammar() {}

  /** One text. */
  public static Grammar text(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A token that no other text can spell, such as one that marks the beginning of a tool call. */
  public static Grammar token(int id) {
    return new Token(id);
  }

  /** One after the other. */
  public static Grammar sequence(Grammar... parts) {
    return sequence(Arrays.asList(parts));
  }

  /** One after the other. */
  public static Grammar sequence(List<Grammar> parts) {
    List<Grammar> flat = new ArrayList<>();
    for (Grammar part : parts) {
      if (part == NEVER) {
        return NEVER;
      }
      if (part instanceof Sequence inner) {
        flat.addAll(inner.parts);
      } else {
        flat.add(part);
      }
    }
    return flat.isEmpty() ? EMPTY : flat.size() == 1 ? flat.get(0) : new Sequence(flat);
  }

  /** Any of them. */
  public static Grammar either(Grammar... choices) {
    return either(Arrays.asList(choices));
  }

  /** Any of them. */
  public static Grammar either(List<Grammar> choices) {
    List<Grammar> possible = choices.stream().filter(choice -> choice != NEVER).distinct().toList();
    return possible.isEmpty()
        ? NEVER
        : possible.size() == 1 ? possible.get(0) : new Either(possible);
  }

  /** It, or nothing. */
  public static Grammar optional(Grammar part) {
    return repeated(part, 0, 1);
  }

  /**
   * It, so many times.
   *
   * @param most {@link Integer#MAX_VALUE} for any number
   */
  public static Grammar repeated(Grammar part, int least, int most) {
    if (part == NEVER) {
      return least == 0 ? EMPTY : NEVER;
    }
    return least > most ? NEVER : most == 0 ? EMPTY : new Repeated(part, least, most);
  }

  static Grammar bytes(byte[] bytes) {
    List<Grammar> parts = new ArrayList<>(bytes.length);
    for (byte b : bytes) {
      parts.add(new Bytes(ByteSet.of(b & 0xFF)));
    }
    return sequence(parts);
  }

  static Grammar any(ByteSet set) {
    return set.isEmpty() ? NEVER : new Bytes(set);
  }

  /** The parts that a text of it may have. */
  abstract List<Grammar> parts();

  /**
   * How many rules must be entered, one within the other, before a text of it can end.
   *
   * @param of the same of its parts
   */
  abstract int height(ToIntFunction<Grammar> of);

  /** Finds where the next byte can come from. */
  abstract void expand(Expansion into, Cell cell);

  /** Goes on by a byte; only of what {@link #expand} left as a head. */
  void step(Expansion into, Cell cell, int b) {}

  /** Whether two bytes lead to the same; only of what {@link #expand} left as a head. */
  boolean same(int b, int c) {
    return true;
  }

  /** Goes on by a token; only of what {@link #expand} left as a head. */
  void stepToken(Expansion into, Cell cell, int id) {}

  /** One byte of a set. */
  static final class Bytes extends Grammar {
    final ByteSet set;

    private Bytes(ByteSet set) {
      this.set = set;
    }

    @Override
    List<Grammar> parts() {
      return List.of();
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      return 0;
    }

    @Override
    void expand(Expansion into, Cell cell) {
      into.head(cell);
    }

    @Override
    void step(Expansion into, Cell cell, int b) {
      if (set.contains(b)) {
        into.go(cell.rest);
      }
    }

    @Override
    boolean same(int b, int c) {
      return set.contains(b) == set.contains(c);
    }
  }

  /** One token. */
  static final class Token extends Grammar {
    final int id;

    private Token(int id) {
      this.id = id;
    }

    @Override
    List<Grammar> parts() {
      return List.of();
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      return 0;
    }

    @Override
    void expand(Expansion into, Cell cell) {
      into.head(cell);
    }

    @Override
    void stepToken(Expansion into, Cell cell, int token) {
      if (token == id) {
        into.go(cell.rest);
      }
    }
  }

  /** One after the other. */
  static final class Sequence extends Grammar {
    private final List<Grammar> parts;

    private Sequence(List<Grammar> parts) {
      this.parts = List.copyOf(parts);
    }

    @Override
    List<Grammar> parts() {
      return parts;
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      return parts.stream().mapToInt(of).max().orElse(0);
    }

    @Override
    void expand(Expansion into, Cell cell) {
      @Nullable Cell rest = cell.rest;
      for (int i = parts.size() - 1; i >= 0; i--) {
        rest = into.cell(parts.get(i), cell.depth, rest);
      }
      into.go(rest);
    }
  }

  /** Any of several. */
  static final class Either extends Grammar {
    private final List<Grammar> choices;

    private Either(List<Grammar> choices) {
      this.choices = List.copyOf(choices);
    }

    @Override
    List<Grammar> parts() {
      return choices;
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      return choices.stream().mapToInt(of).min().orElse(UNBOUNDED);
    }

    @Override
    void expand(Expansion into, Cell cell) {
      for (Grammar choice : choices) {
        if (into.fits(choice, cell.depth)) {
          into.go(into.cell(choice, cell.depth, cell.rest));
        }
      }
    }
  }

  /** The same several times. */
  static final class Repeated extends Grammar {
    private final Grammar part;
    private final int least;
    private final int most;
    private @Nullable Repeated less;

    private Repeated(Grammar part, int least, int most) {
      this.part = part;
      this.least = least;
      this.most = most;
    }

    @Override
    List<Grammar> parts() {
      return List.of(part);
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      return least == 0 ? 0 : of.applyAsInt(part);
    }

    @Override
    void expand(Expansion into, Cell cell) {
      if (least == 0) {
        into.go(cell.rest);
      }
      if (least > 0 || into.fits(part, cell.depth)) {
        @Nullable Cell rest = most == 1 ? cell.rest : into.cell(less(), cell.depth, cell.rest);
        into.go(into.cell(part, cell.depth, rest));
      }
    }

    /** What is left after once: always the same object, for cells are compared by identity. */
    private synchronized Repeated less() {
      if (most == UNBOUNDED && least == 0) {
        return this;
      }
      if (less == null) {
        less = new Repeated(part, Math.max(0, least - 1), most == UNBOUNDED ? most : most - 1);
      }
      return less;
    }
  }

  /** A name for a grammar, so that it may stand within itself. */
  static final class Rule extends Grammar {
    private @Nullable Grammar body;

    /** Gives it its meaning; once. */
    void define(Grammar meaning) {
      body = meaning;
    }

    private Grammar body() {
      if (body == null) {
        throw new IllegalStateException("a rule without a body");
      }
      return body;
    }

    @Override
    List<Grammar> parts() {
      return List.of(body());
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      int inner = of.applyAsInt(body());
      return inner == UNBOUNDED ? UNBOUNDED : inner + 1;
    }

    @Override
    void expand(Expansion into, Cell cell) {
      into.go(into.cell(body(), cell.depth + 1, cell.rest));
    }
  }

  /** A table's state, from which its texts go on. */
  static final class Place extends Grammar {
    private final Table table;
    private final int state;

    Place(Table table, int state) {
      this.table = table;
      this.state = state;
    }

    @Override
    List<Grammar> parts() {
      return List.of();
    }

    @Override
    int height(ToIntFunction<Grammar> of) {
      return 0;
    }

    @Override
    void expand(Expansion into, Cell cell) {
      if (table.accepts(state)) {
        into.go(cell.rest);
      }
      if (table.goesOn(state)) {
        into.head(cell);
      }
    }

    @Override
    void step(Expansion into, Cell cell, int b) {
      int next = table.next(state, b);
      if (next >= 0) {
        into.go(into.cell(table.place(next), cell.depth, cell.rest));
      }
    }

    @Override
    boolean same(int b, int c) {
      return table.next(state, b) == table.next(state, c);
    }
  }
}
