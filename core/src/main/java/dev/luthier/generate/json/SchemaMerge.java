package dev.luthier.generate.json;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Makes one schema of several that must all hold: {@code allOf}, and keywords beside others. */
final class SchemaMerge {
  private static final Set<String> LARGER_HOLDS =
      Set.of("minimum", "exclusiveMinimum", "minLength", "minItems");
  private static final Set<String> SMALLER_HOLDS =
      Set.of("maximum", "exclusiveMaximum", "maxLength", "maxItems");

  private final JsonNode root;

  SchemaMerge(JsonNode root) {
    this.root = root;
  }

  /** A name as JSON pointers write it. */
  static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  /** What a reference names. */
  JsonNode target(String reference, String at) {
    JsonNode target =
        reference.equals("#")
            ? root
            : reference.startsWith("#/")
                ? root.at(
                    JsonPointer.compile(
                        URLDecoder.decode(
                            reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8)))
                : root.path("");
    if (target.isMissingNode()) {
      throw new LuthierException(
          at
              + ": "
              + reference
              + " is not in the schema; expected a place in it, such as #/$defs/Name");
    }
    return target;
  }

  /** The same without {@code allOf}, and without {@code $ref} at its top. */
  ObjectNode flat(ObjectNode schema, String at) {
    return flat(schema, at, new HashSet<>());
  }

  private ObjectNode flat(ObjectNode schema, String at, Set<String> open) {
    SchemaKeywords.check(schema, at);
    ObjectNode own = schema.deepCopy();
    own.remove(List.of("allOf", "$ref"));
    List<JsonNode> others = new ArrayList<>();
    schema.path("allOf").forEach(others::add);
    if (schema.has("$ref")) {
      String to = schema.get("$ref").asText();
      if (!open.add(to)) {
        throw new LuthierException(at + "/$ref: the reference " + to + " leads back to itself");
      }
      others.add(0, target(to, at + "/$ref"));
    }
    ObjectNode merged = own;
    for (JsonNode other : others) {
      if (!(other instanceof ObjectNode part)) {
        throw new LuthierException(at + ": expected schemas that are objects, found " + other);
      }
      merged = merged(merged, flat(part, at, new HashSet<>(open)), at);
    }
    return merged;
  }

  /** One schema for both. */
  JsonNode both(ObjectNode a, JsonNode b, String at) {
    if (b.isBoolean()) {
      return b.booleanValue() ? a : b;
    }
    if (!(b instanceof ObjectNode object)) {
      throw new LuthierException(at + ": expected a schema, found " + b);
    }
    return merged(flat(a, at), flat(object, at), at);
  }

  private ObjectNode merged(ObjectNode a, ObjectNode b, String at) {
    checkClosed(a, b, at);
    checkClosed(b, a, at);
    ObjectNode result = a.deepCopy();
    b.properties()
        .forEach(
            field -> {
              String name = field.getKey();
              if (!SchemaKeywords.isConstraint(name)) {
                return;
              }
              JsonNode before = a.get(name);
              result.set(
                  name,
                  before == null || before.equals(field.getValue())
                      ? field.getValue()
                      : merged(name, before, field.getValue(), at));
            });
    return result;
  }

  /** A closed object's names must cover the other's, or what is valid would be another question. */
  private static void checkClosed(ObjectNode closed, ObjectNode other, String at) {
    JsonNode further = closed.path("additionalProperties");
    boolean strict = !further.isMissingNode() && !isTrue(further);
    boolean covered =
        other.path("properties").properties().stream()
            .allMatch(p -> closed.path("properties").has(p.getKey()));
    if (strict && !covered) {
      throw new LuthierException(
          at
              + "/additionalProperties: schemas that must hold together declare different"
              + " properties, and one of them allows no others; write them as one schema");
    }
  }

  private static boolean isTrue(JsonNode schema) {
    return schema.isBoolean() && schema.booleanValue();
  }

  private JsonNode merged(String keyword, JsonNode a, JsonNode b, String at) {
    if (LARGER_HOLDS.contains(keyword)) {
      return a.decimalValue().compareTo(b.decimalValue()) >= 0 ? a : b;
    }
    if (SMALLER_HOLDS.contains(keyword)) {
      return a.decimalValue().compareTo(b.decimalValue()) <= 0 ? a : b;
    }
    return switch (keyword) {
      case "type" -> types(a, b, at);
      case "enum" -> common(a, b);
      case "required" -> union(a, b);
      case "properties" -> properties((ObjectNode) a, (ObjectNode) b);
      case "additionalProperties" -> further(a, b, at);
      default -> throw different(keyword, at);
    };
  }

  private static LuthierException different(String keyword, String at) {
    return new LuthierException(
        at
            + "/"
            + keyword
            + ": schemas that must hold together have different ones; write them as one schema");
  }

  private static JsonNode further(JsonNode a, JsonNode b, String at) {
    if (!a.isBoolean() && !b.isBoolean()) {
      throw different("additionalProperties", at);
    }
    return a.isBoolean() ? isTrue(a) ? b : a : isTrue(b) ? a : b;
  }

  private static ArrayNode list(JsonNode one) {
    return one instanceof ArrayNode array ? array : JsonNodeFactory.instance.arrayNode().add(one);
  }

  private static JsonNode types(JsonNode a, JsonNode b, String at) {
    Set<String> ofB = new HashSet<>();
    list(b).forEach(type -> ofB.add(type.asText()));
    ArrayNode both = JsonNodeFactory.instance.arrayNode();
    for (JsonNode type : list(a)) {
      boolean narrower = type.asText().equals("number") && ofB.contains("integer");
      boolean wider = type.asText().equals("integer") && ofB.contains("number");
      if (ofB.contains(type.asText())) {
        both.add(type);
      } else if (narrower || wider) {
        both.add("integer");
      }
    }
    if (both.isEmpty()) {
      throw new LuthierException(
          at + "/type: nothing is both " + a + " and " + b + "; no document would be valid");
    }
    return both;
  }

  private static JsonNode common(JsonNode a, JsonNode b) {
    Set<JsonNode> ofB = new HashSet<>();
    b.forEach(ofB::add);
    ArrayNode result = ((ArrayNode) a).deepCopy();
    result.removeAll();
    a.forEach(value -> addIf(ofB.contains(value), result, value));
    return result;
  }

  private static void addIf(boolean condition, ArrayNode to, JsonNode value) {
    if (condition) {
      to.add(value);
    }
  }

  private static JsonNode union(JsonNode a, JsonNode b) {
    ArrayNode result = ((ArrayNode) a).deepCopy();
    Set<JsonNode> seen = new HashSet<>();
    a.forEach(seen::add);
    b.forEach(value -> addIf(seen.add(value), result, value));
    return result;
  }

  private static JsonNode properties(ObjectNode a, ObjectNode b) {
    ObjectNode result = a.deepCopy();
    b.properties()
        .forEach(
            field -> {
              JsonNode before = a.get(field.getKey());
              if (before == null || before.equals(field.getValue())) {
                result.set(field.getKey(), field.getValue());
              } else {
                ObjectNode both = a.objectNode();
                both.putArray("allOf").add(before).add(field.getValue());
                result.set(field.getKey(), both);
              }
            });
    return result;
  }
}
