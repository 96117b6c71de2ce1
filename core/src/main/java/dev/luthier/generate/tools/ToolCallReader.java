package dev.luthier.generate.tools;

import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads an answer as it comes and parts words from calls. Markers that are special tokens have no
 * text of their own, so tokens are looked at by their ids too. What looked like a call and is none
 * is handed out as words.
 *
 * <p>Not for several threads.
 */
public final class ToolCallReader {
  /** What the next character belongs to. */
  private enum Mode {
    /** The answer has not begun: without markers, a brace here begins a call. */
    START,
    WORDS,
    /** Behind a marker, or after a call where another may follow. */
    BEFORE_CALL,
    OBJECT,
    /** A closing marker may come. */
    BEHIND_CALL,
    /** Mistral's {@code f[ARGS]}. */
    NAME,
    /** Mistral's arguments, without an object around them. */
    BARE
  }

  private final ToolSyntax syntax;
  private final Set<String> functions;
  private final Map<Integer, String> silent = new HashMap<>();
  private final List<ToolDelta> out = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final List<StringBuilder> arguments = new ArrayList<>();

  /** Not yet certain: white space, or what may become a marker. */
  private final StringBuilder held = new StringBuilder();

  private Mode mode = Mode.START;
  private boolean marked;
  private boolean listed;
  private boolean begun;
  private CallScanner scanner;
  private int depth;
  private boolean quoted;
  private boolean escaped;

  ToolCallReader(ToolSyntax syntax, List<Tool> tools, Tokenizer tokenizer) {
    this.syntax = syntax;
    this.functions = Set.copyOf(tools.stream().map(Tool::name).toList());
    this.scanner = new CallScanner(this::isKnown);
    for (String marker : syntax.markers()) {
      tokenizer
          .idOf(marker)
          .ifPresent(
              id -> {
                if (tokenizer.specialIds().contains(id)) {
                  silent.put(id, marker);
                }
              });
    }
  }

  /** Behind a marker any name is one; an object alone might be an answer in JSON. */
  private boolean isKnown(String name) {
    return marked || functions.contains(name);
  }

  /**
   * What has become certain with a token.
   *
   * @param text what it added to the answer's text, as {@code EngineListener} tells it
   */
  public List<ToolDelta> next(int id, String text) {
    feed(text);
    String marker = silent.get(id);
    if (marker != null) {
      feed(marker);
    }
    return drained();
  }

  /**
   * What has become certain with the answer's end.
   *
   * @param rest what was still held back of its text
   */
  public List<ToolDelta> finish(String rest) {
    feed(rest);
    if (mode == Mode.OBJECT) {
      giveUp();
    }
    if (mode == Mode.WORDS || mode == Mode.START) {
      boolean blank = held.toString().isBlank();
      words(blank && !names.isEmpty() ? "" : held.toString());
    }
    held.setLength(0);
    return drained();
  }

  /** The calls so far. */
  public List<ToolCall> calls() {
    List<ToolCall> calls = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      calls.add(new ToolCall(names.get(i), arguments.get(i).toString()));
    }
    return calls;
  }

  private List<ToolDelta> drained() {
    List<ToolDelta> deltas = List.copyOf(out);
    out.clear();
    return deltas;
  }

  private void feed(String text) {
    for (int i = 0; i < text.length(); i++) {
      feed(text.charAt(i));
    }
  }

  private void feed(char c) {
    switch (mode) {
      case START -> start(c);
      case WORDS -> word(c);
      case BEFORE_CALL -> before(c);
      case OBJECT -> object(c);
      case BEHIND_CALL -> behind(c);
      case NAME -> name(c);
      case BARE -> bare(c);
    }
  }

  private void start(char c) {
    boolean unmarked = syntax == ToolSyntax.LLAMA || syntax == ToolSyntax.PLAIN;
    if (unmarked && Character.isWhitespace(c)) {
      held.append(c);
    } else if (unmarked && (c == '{' || (c == '[' && syntax == ToolSyntax.PLAIN))) {
      before(c);
    } else {
      mode = Mode.WORDS;
      word(c);
    }
  }

  private void word(char c) {
    held.append(c);
    String opening = syntax.markers().isEmpty() ? "" : syntax.markers().get(0);
    String text = held.toString();
    if (!opening.isEmpty() && text.endsWith(opening)) {
      int end = text.substring(0, text.length() - opening.length()).stripTrailing().length();
      words(text.substring(0, end));
      held.delete(0, end); // the rest in case that it marks no call
      marked = true;
      listed = false;
      mode = Mode.BEFORE_CALL;
      return;
    }
    int certain = text.length() - overlap(text, opening);
    while (certain > 0 && Character.isWhitespace(text.charAt(certain - 1))) {
      certain--;
    }
    words(text.substring(0, certain));
    held.delete(0, certain);
  }

  /** How much of the text's end may be a marker's beginning. */
  private static int overlap(String text, String marker) {
    for (int n = Math.min(text.length(), marker.length() - 1); n > 0; n--) {
      if (marker.startsWith(text.substring(text.length() - n))) {
        return n;
      }
    }
    return 0;
  }

  private void before(char c) {
    boolean separates = names.isEmpty() ? false : c == ',' || c == ';';
    if (Character.isWhitespace(c) || separates) {
      held.append(c);
    } else if (c == '[' && !listed) {
      held.append(c);
      listed = true;
    } else if (c == ']' && listed) {
      toWords();
    } else if (c == '{') {
      scanner = new CallScanner(this::isKnown);
      begun = false;
      mode = Mode.OBJECT;
      object(c);
    } else if (syntax.name().startsWith("MISTRAL") && !listed) {
      held.setLength(0);
      mode = Mode.NAME;
      name(c);
    } else {
      mode = Mode.WORDS;
      word(c);
    }
  }

  private void object(char c) {
    scanner.next(c);
    if (scanner.isWrong()) {
      giveUp();
      return;
    }
    if (!scanner.name().isEmpty()) {
      if (!begun) {
        begun = true;
        held.setLength(0);
        call(scanner.name());
      }
      grow(scanner.arguments());
    }
    if (scanner.isDone()) {
      mode = syntax == ToolSyntax.TAGGED ? Mode.BEHIND_CALL : Mode.BEFORE_CALL;
    }
  }

  private void behind(char c) {
    held.append(c);
    String text = held.toString().strip();
    String closing = syntax.markers().get(1);
    if (text.equals(closing)) {
      toWords();
    } else if (!closing.startsWith(text)) {
      held.setLength(held.length() - 1);
      mode = Mode.WORDS;
      word(c);
    }
  }

  /** It is no call, or one that was cut off. */
  private void giveUp() {
    mode = Mode.WORDS;
    if (!begun) {
      String text = held + scanner.raw();
      held.setLength(0);
      words(text);
    }
  }

  private void toWords() {
    held.setLength(0);
    mode = Mode.WORDS;
  }

  private void name(char c) {
    held.append(c);
    int args = held.indexOf("[ARGS]");
    if (args < 0 && c != '{') {
      return;
    }
    String head = held.substring(0, args < 0 ? held.length() - 1 : args);
    int number = head.indexOf("[CALL_ID]");
    call((number < 0 ? head : head.substring(0, number)).strip());
    held.setLength(0);
    mode = Mode.BARE;
    depth = 0;
    quoted = false;
    escaped = false;
    if (args < 0) {
      bare(c);
    }
  }

  private void bare(char c) {
    if (depth == 0 && c != '{') {
      return;
    }
    argument(String.valueOf(c));
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      depth--;
    }
    if (depth == 0) {
      toWords();
    }
  }

  private void words(String text) {
    if (!text.isEmpty()) {
      int last = out.size() - 1;
      if (last >= 0 && out.get(last) instanceof ToolDelta.Content before) {
        out.set(last, new ToolDelta.Content(before.text() + text));
      } else {
        out.add(new ToolDelta.Content(text));
      }
    }
  }

  private void call(String name) {
    out.add(new ToolDelta.Call(names.size(), name));
    names.add(name);
    arguments.add(new StringBuilder());
  }

  /** Gives out what the arguments have more than before. */
  private void grow(StringBuilder known) {
    int given = arguments.get(arguments.size() - 1).length();
    if (known.length() > given) {
      argument(known.substring(given));
    }
  }

  private void argument(String piece) {
    int index = names.size() - 1;
    arguments.get(index).append(piece);
    int last = out.size() - 1;
    if (last >= 0 && out.get(last) instanceof ToolDelta.Arguments before) {
      out.set(last, new ToolDelta.Arguments(index, before.piece() + piece));
    } else {
      out.add(new ToolDelta.Arguments(index, piece));
    }
  }
}
