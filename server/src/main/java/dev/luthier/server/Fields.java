package dev.luthier.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A request's fields by name and type. A field that is null counts as left out; one of another type
 * or beyond its bounds is refused with its name, what it is, and what was expected.
 */
final class Fields {
  private static final int SHOWN = 60;

  private final ObjectNode object;
  private final String prefix;

  /**
   * @param prefix what stands before the names in messages, such as {@code stream_options.}
   */
  Fields(ObjectNode object, String prefix) {
    this.object = object;
    this.prefix = prefix;
  }

  Optional<JsonNode> node(String name) {
    return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
  }

  JsonNode required(String name, String expected) {
    return node(name)
        .orElseThrow(
            () ->
                ApiException.invalid(
                    prefix + name, prefix + name + " is missing: expected " + expected));
  }

  Optional<String> text(String name) {
    return node(name)
        .map(
            value -> {
              check(value.isTextual(), name, value, "a string");
              return value.textValue();
            });
  }

  Optional<Boolean> flag(String name) {
    return node(name)
        .map(
            value -> {
              check(value.isBoolean(), name, value, "true or false");
              return value.booleanValue();
            });
  }

  /** A whole number in these bounds; 3.0 is one too. */
  Optional<Long> whole(String name, long least, long most) {
    return node(name)
        .map(
            value -> {
              String expected = "a whole number" + bounds(least, most);
              check(value.isNumber() && value.doubleValue() % 1 == 0, name, value, expected);
              check(value.canConvertToLong(), name, value, expected);
              long number = value.longValue();
              check(number >= least && number <= most, name, value, expected);
              return number;
            });
  }

  Optional<Integer> small(String name, int least, int most) {
    return whole(name, least, most).map(Math::toIntExact);
  }

  /** A number in these bounds, both included. */
  Optional<Double> number(String name, double least, double most) {
    return node(name)
        .map(
            value -> {
              double number = value.doubleValue();
              String expected = "a number from " + plain(least) + " to " + plain(most);
              check(value.isNumber() && number >= least && number <= most, name, value, expected);
              return number;
            });
  }

  /** An object. */
  Optional<Fields> object(String name) {
    return node(name)
        .map(
            value -> {
              check(value.isObject(), name, value, "an object");
              return new Fields((ObjectNode) value, prefix + name + ".");
            });
  }

  /** A string, or a list of them. */
  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    Optional<JsonNode> found = node(name);
    if (found.isPresent()) {
      JsonNode value = found.get();
      check(value.isTextual() || value.isArray(), name, value, "a string or a list of strings");
      if (value.isTextual()) {
        return List.of(value.textValue());
      }
      for (int i = 0; i < value.size(); i++) {
        check(value.get(i).isTextual(), name + "[" + i + "]", value.get(i), "a string");
        texts.add(value.get(i).textValue());
      }
    }
    return texts;
  }

  ObjectNode json() {
    return object;
  }

  /** A name as messages say it. */
  String named(String name) {
    return prefix + name;
  }

  /**
   * @throws ApiException 400 unless the value is acceptable
   */
  void check(boolean acceptable, String name, JsonNode value, String expected) {
    if (!acceptable) {
      throw ApiException.invalid(
          prefix + name, prefix + name + " is " + shown(value) + ": expected " + expected);
    }
  }

  private static String bounds(long least, long most) {
    return most == Long.MAX_VALUE || most == Integer.MAX_VALUE
        ? " from " + least + " on"
        : " from " + least + " to " + most;
  }

  private static String plain(double number) {
    return number % 1 == 0 && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : Double.toString(number);
  }

  private static String shown(JsonNode value) {
    if (value.isContainerNode()) {
      return value.isArray() ? "a list" : "an object";
    }
    String text =
        value.isTextual() && value.textValue().length() > SHOWN
            ? TextNode.valueOf(value.textValue().substring(0, SHOWN)) + "..."
            : value.toString();
    return text.length() > 2 * SHOWN ? text.substring(0, 2 * SHOWN) + "..." : text;
  }
}
