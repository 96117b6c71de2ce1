package dev.luthier.generate.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reads one {@code {"name": "f", "arguments": {...}}} character by character and gives out the
 * arguments as they come, once the name is known. Other members are passed over; {@code parameters}
 * is another word for arguments, and arguments that are a string hold the JSON in it.
 */
final class CallScanner {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final Set<String> ARGUMENTS = Set.of("arguments", "parameters");

  /** What is expected next at the object's own level. */
  private enum Place {
    OPEN,
    KEY,
    COLON,
    VALUE,
    COMMA,
    DONE,
    WRONG
  }

  private final Predicate<String> known;
  private final StringBuilder raw = new StringBuilder();

  /** The key or value that is being read. */
  private final StringBuilder part = new StringBuilder();

  private Place place = Place.OPEN;
  private String key = "";
  private String name = "";
  private final StringBuilder arguments = new StringBuilder();
  private int depth;
  private boolean quoted;
  private boolean escaped;
  private boolean partBegun;

  /**
   * @param known whether a call of this name is one
   */
  CallScanner(Predicate<String> known) {
    this.known = known;
  }

  boolean isDone() {
    return place == Place.DONE;
  }

  /** Whether it is no call after all. */
  boolean isWrong() {
    return place == Place.WRONG;
  }

  /** All that was read. */
  String raw() {
    return raw.toString();
  }

  /** Empty until it is known. */
  String name() {
    return name;
  }

  /** What has come of the arguments. */
  StringBuilder arguments() {
    return arguments;
  }

  void next(char c) {
    raw.append(c);
    if (partBegun) {
      inside(c);
    } else if (!Character.isWhitespace(c)) {
      between(c);
    }
  }

  private void between(char c) {
    switch (place) {
      case OPEN -> place = c == '{' ? Place.KEY : Place.WRONG;
      case KEY -> {
        if (c == '"') {
          begin(c);
        } else {
          place = c == '}' ? ended() : Place.WRONG;
        }
      }
      case COLON -> place = c == ':' ? Place.VALUE : Place.WRONG;
      case VALUE -> begin(c);
      case COMMA -> place = c == ',' ? Place.KEY : c == '}' ? ended() : Place.WRONG;
      default -> place = Place.WRONG;
    }
  }

  private Place ended() {
    if (arguments.length() == 0) {
      arguments.append("{}");
    }
    return name.isEmpty() ? Place.WRONG : Place.DONE;
  }

  private void begin(char c) {
    part.setLength(0);
    partBegun = true;
    depth = 0;
    inside(c);
  }

  private void inside(char c) {
    if (!quoted && depth == 0 && part.length() > 0 && (c == ',' || c == '}')) {
      finish(); // a number or a word ends with what follows it
      between(c);
      return;
    }
    part.append(c);
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
    if (place == Place.VALUE && ARGUMENTS.contains(key) && part.charAt(0) == '{') {
      arguments.append(c);
    }
    boolean closes = c == '"' || c == '}' || c == ']';
    if (closes && !quoted && depth == 0) {
      finish();
    }
  }

  private void finish() {
    partBegun = false;
    if (place == Place.KEY) {
      key = string();
      place = Place.COLON;
      return;
    }
    place = Place.COMMA;
    if (key.equals("name")) {
      name = string();
      if (name.isEmpty() || !known.test(name)) {
        place = Place.WRONG;
      }
    } else if (ARGUMENTS.contains(key) && part.charAt(0) == '"') {
      arguments.append(string());
    }
  }

  /** The text of a string; empty for what is none. */
  private String string() {
    try {
      return MAPPER.readTree(part.toString()).asText();
    } catch (JsonProcessingException e) {
      return "";
    }
  }
}
