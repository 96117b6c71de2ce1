package dev.luthier.tokenizer.jinja;

import java.time.Clock;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of one rendering: variables, output, and what is left of the limits. */
final class Env {
  /** As deep as Python's own recursion limit lets lists, and macros that call macros, nest. */
  private static final int MAX_NESTING = 250;

  private static final int MAX_DEPTH = 2_000;

  /** What an object and an element of it count as, in characters. */
  private static final int OBJECT = 64;

  private static final int ELEMENT = 32;

  final Map<String, Object> variables;
  final Clock clock;

  /** Variables of the template itself. */
  final Scope root = new Scope(null);

  private final Limits limits;
  private long steps;
  private long chars;
  private int calls;
  private int depth;
  private Out out = new Out();

  /** Ranges of captured texts, by the very string object; null while there are none. */
  private @Nullable Map<String, List<Rendered.Span>> captured;

  Env(Map<String, Object> variables, Clock clock, Limits limits) {
    this.variables = variables;
    this.clock = clock;
    this.limits = limits;
    this.steps = limits.steps();
    this.chars = limits.totalChars();
  }

  void step() {
    if (--steps < 0) {
      throw Fault.limit("more than " + limits.steps() + " steps");
    }
  }

  void steps(long n) {
    steps -= n;
    if (steps < 0) {
      throw Fault.limit("more than " + limits.steps() + " steps");
    }
  }

  /** Accounts for a string or list before it is made. */
  void allocate(long size) {
    if (size > limits.stringChars()) {
      throw Fault.limit(
          "a string or list of " + size + " elements, more than " + limits.stringChars());
    }
    chars -= size;
    if (chars < 0) {
      throw Fault.limit("more than " + limits.totalChars() + " characters of intermediate values");
    }
  }

  /** Accounts for a list, dict or other object before it is made. */
  void object(long elements) {
    if (elements > limits.stringChars() / ELEMENT) {
      throw Fault.limit("a list of " + elements + " elements");
    }
    chars -= OBJECT + ELEMENT * elements;
    if (chars < 0) {
      throw Fault.limit("more than " + limits.totalChars() + " characters of intermediate values");
    }
  }

  /** Accounts for one more element of a growing list. */
  void element() {
    chars -= ELEMENT;
    if (chars < 0) {
      throw Fault.limit("more than " + limits.totalChars() + " characters of intermediate values");
    }
  }

  /** Accounts for reading a string from end to end. */
  String scan(String s) {
    steps(s.length() >> 6);
    return s;
  }

  /** Checks a string that is growing. */
  void fits(long size) {
    if (size > limits.stringChars()) {
      throw Fault.limit("a string of more than " + limits.stringChars() + " characters");
    }
  }

  /** Accounts for a string that exists; for operations that cannot make it much longer. */
  String allocated(String s) {
    allocate(s.length());
    return s;
  }

  void nested(int depth) {
    if (depth > MAX_NESTING) {
      throw Fault.limit("values nested more than " + MAX_NESTING + " deep");
    }
  }

  /** Enters an operation inside an operation, so that the stack never overflows. */
  void down() {
    if (++depth > MAX_DEPTH) {
      throw Fault.limit("operations nested more than " + MAX_DEPTH + " deep");
    }
  }

  /** Leaves it; not needed where a failure ends the rendering. */
  void up() {
    depth--;
  }

  void enterCall() {
    if (++calls > MAX_NESTING) {
      throw Fault.limit(
          "maximum recursion depth exceeded: macros nested more than " + MAX_NESTING + " deep");
    }
  }

  void leaveCall() {
    calls--;
  }

  void write(String s) {
    StringBuilder text = out.text;
    if (text.length() + (long) s.length() > limits.outputChars()) {
      throw Fault.limit("more than " + limits.outputChars() + " characters of output");
    }
    if (captured != null) {
      List<Rendered.Span> spans = captured.get(s);
      if (spans != null) {
        spans.forEach(span -> out.spans.add(span.shifted(text.length())));
      }
    }
    text.append(s);
  }

  /** Runs the body with an output of its own and returns what it wrote. */
  String capture(Runnable body) {
    Out outer = out;
    out = new Out();
    body.run();
    Out inner = out;
    out = outer;
    allocate(inner.text.length());
    String text = inner.text.toString();
    if (!inner.spans.isEmpty() && !text.isEmpty()) {
      if (captured == null) {
        captured = new IdentityHashMap<>();
      }
      captured.put(text, inner.spans);
    }
    return text;
  }

  /** Runs the body and remembers the range that it wrote. */
  void generation(Runnable body) {
    object(0);
    int start = out.text.length();
    body.run();
    out.spans.add(new Rendered.Span(start, out.text.length()));
  }

  /** Joins strings; ranges that generation blocks wrote in them move along. */
  String concat(List<String> parts) {
    long length = 0;
    for (int i = 0; i < parts.size(); i++) {
      length += parts.get(i).length();
    }
    allocate(length);
    if (parts.size() == 2 && captured == null) {
      return parts.get(0).concat(parts.get(1));
    }
    String whole = String.join("", parts);
    if (captured != null && !whole.isEmpty()) {
      List<Rendered.Span> spans = new ArrayList<>();
      int offset = 0;
      for (String part : parts) {
        for (Rendered.Span span : captured.getOrDefault(part, List.of())) {
          spans.add(span.shifted(offset));
        }
        offset += part.length();
      }
      if (!spans.isEmpty()) {
        object(spans.size());
        captured.put(whole, spans);
      }
    }
    return whole;
  }

  Rendered result() {
    return new Rendered(out.text.toString(), out.spans);
  }
}
