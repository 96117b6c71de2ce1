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

  final Map<String, Object> variables;
  final Clock clock;

  /** Variables of the template itself. */
  final Scope root = new Scope(null);

  private final Limits limits;
  private long steps;
  private long chars;
  private int calls;
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
      throw Fault.limit("more than " + limits.totalChars() + " characters of intermediate text");
    }
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
    int start = out.text.length();
    body.run();
    out.spans.add(new Rendered.Span(start, out.text.length()));
  }

  /** Keeps ranges when strings are joined. */
  void joined(String whole, String left, String right) {
    if (captured == null || !captured.containsKey(left) && !captured.containsKey(right)) {
      return;
    }
    List<Rendered.Span> spans = new ArrayList<>(captured.getOrDefault(left, List.of()));
    for (Rendered.Span span : captured.getOrDefault(right, List.of())) {
      spans.add(span.shifted(left.length()));
    }
    captured.put(whole, spans);
  }

  Rendered result() {
    return new Rendered(out.text.toString(), out.spans);
  }
}
