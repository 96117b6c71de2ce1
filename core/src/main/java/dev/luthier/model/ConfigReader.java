package dev.luthier.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads config.json's fields and collects what is wrong with them. */
final class ConfigReader {
  private static final int LARGEST = 1 << 28;
  private final ObjectNode json;
  private final String where;
  private final List<String> complaints = new ArrayList<>();

  ConfigReader(ObjectNode json, String where) {
    this.json = json;
    this.where = where;
  }

  /** A whole number that must be there. */
  int integer(String key) {
    if (!json.hasNonNull(key)) {
      complaints.add(key + " is missing");
      return 1;
    }
    return integer(key, 1);
  }

  /** A whole number of 1 or more. */
  int integer(String key, int otherwise) {
    JsonNode n = json.path(key);
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isIntegralNumber()
        || !n.canConvertToInt()
        || n.intValue() < 1
        || n.intValue() > LARGEST) {
      complaints.add(key + " is " + shortened(n) + ", not a whole number from 1 to " + LARGEST);
      return 1;
    }
    return n.intValue();
  }

  /** What the first of these keys says that is there. */
  int integerOf(String... keys) {
    return integer(firstOf(keys));
  }

  /** The first of these keys that is there, since families name the same thing differently. */
  String firstOf(String... keys) {
    return Arrays.stream(keys).filter(this::has).findFirst().orElse(keys[0]);
  }

  /** A whole number of 1 or more; 0 where it is missing, null or 0. */
  int integerOrNone(String key) {
    JsonNode n = json.path(key);
    return n.isIntegralNumber() && n.longValue() == 0 ? 0 : integer(key, 0);
  }

  /** A list of words, empty where it is missing. */
  List<String> texts(String key) {
    List<String> out = new ArrayList<>();
    json.path(key).forEach(n -> out.add(n.asText()));
    return out;
  }

  /** Whether there is something under this key. */
  boolean has(String key) {
    return json.hasNonNull(key);
  }

  /** A part of the configuration that is an object itself. */
  JsonNode at(String key) {
    return json.path(key);
  }

  /** Complains that what a key asks for is not supported, unless it is. */
  void supports(boolean supported, String key, String what) {
    if (!supported) {
      complaints.add(key + " is " + shortened(json.path(key)) + "; " + what);
    }
  }

  double number(String key, double otherwise) {
    JsonNode n = json.path(key);
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isNumber()) {
      complaints.add(key + " is " + shortened(n) + ", not a number");
      return otherwise;
    }
    return n.doubleValue();
  }

  boolean flag(String key, boolean otherwise) {
    JsonNode n = json.path(key);
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isBoolean()) {
      complaints.add(key + " is " + shortened(n) + ", not true or false");
    }
    return n.booleanValue();
  }

  String text(String key, String otherwise) {
    JsonNode n = json.path(key);
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isTextual()) {
      complaints.add(key + " is " + shortened(n) + ", not a text");
    }
    return n.asText();
  }

  String where() {
    return where;
  }

  /** {@code rope_scaling}, or {@code rope_parameters} as newer files name it. */
  Optional<JsonNode> rope() {
    for (String key : List.of("rope_scaling", "rope_parameters")) {
      if (json.path(key).isObject()) {
        return Optional.of(json.path(key));
      }
    }
    return Optional.empty();
  }

  void finish() {
    if (!complaints.isEmpty()) {
      throw new LuthierException(where + ": " + String.join("; ", complaints));
    }
  }

  private static String shortened(JsonNode n) {
    String s = n.toString();
    return s.length() > 60 ? s.substring(0, 60) + "..." : s;
  }
}
