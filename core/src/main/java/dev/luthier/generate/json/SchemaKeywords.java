package dev.luthier.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the keywords of a schema are for. Those it does not list say nothing about what is valid
 * ({@code title}, {@code description}, {@code default}, ...), or are unknown to the standard too.
 */
final class SchemaKeywords {
  private static final Map<String, Set<String>> OF_TYPE =
      Map.of(
          "object", Set.of("properties", "required", "additionalProperties"),
          "array", Set.of("items", "prefixItems", "minItems", "maxItems"),
          "string", Set.of("minLength", "maxLength", "pattern", "format"),
          "number", Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"));

  private static final List<String> INFERRED = List.of("object", "array", "string", "number");

  private static final Set<String> OTHERS =
      Set.of("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref");

  private static final Set<String> REFUSED =
      Set.of(
          "not",
          "if",
          "then",
          "else",
          "dependentSchemas",
          "dependentRequired",
          "dependencies",
          "patternProperties",
          "propertyNames",
          "minProperties",
          "maxProperties",
          "unevaluatedProperties",
          "unevaluatedItems",
          "additionalItems",
          "contains",
          "minContains",
          "maxContains",
          "uniqueItems",
          "multipleOf",
          "$dynamicRef",
          "$recursiveRef");

  /** What these keywords say where they allow nothing less than the grammar does. */
  private static final Map<String, String> HARMLESS =
      Map.of("uniqueItems", "false", "unevaluatedProperties", "false", "unevaluatedItems", "false");

  private SchemaKeywords() {}

  /**
   * @throws LuthierException naming all that cannot be kept to
   */
  static void check(ObjectNode schema, String at) {
    List<String> found = new ArrayList<>();
    schema.fieldNames().forEachRemaining(found::add);
    found.removeIf(
        name ->
            !REFUSED.contains(name)
                || schema.get(name).toString().equals(HARMLESS.getOrDefault(name, "")));
    if (!found.isEmpty()) {
      throw new LuthierException(
          String.join(", ", found.stream().map(name -> at + "/" + name).toList())
              + ": not supported, since what a model writes could not be kept to it token by token;"
              + " leave it out and check the answer yourself. See"
              + " docs/structured-output.md#schemas");
    }
  }

  /** Whether it has keywords that say what is valid, these aside. */
  static boolean isConstrained(ObjectNode schema, Set<String> aside) {
    return schema.properties().stream()
        .map(Map.Entry::getKey)
        .anyMatch(name -> isConstraint(name) && !aside.contains(name));
  }

  static boolean isConstraint(String keyword) {
    return OTHERS.contains(keyword)
        || REFUSED.contains(keyword)
        || OF_TYPE.values().stream().anyMatch(of -> of.contains(keyword));
  }

  /**
   * @throws LuthierException for what cannot be checked of the values that are listed
   */
  static void checkBesideValues(ObjectNode schema, String at) {
    for (String type : List.of("object", "array")) {
      for (String keyword : OF_TYPE.getOrDefault(type, Set.of())) {
        if (schema.has(keyword)) {
          throw new LuthierException(
              at + "/" + keyword + ": not supported beside enum or const; leave it out");
        }
      }
    }
  }

  /** The types that it names, else those that its keywords are about, else all. */
  static Set<String> types(ObjectNode schema, String at) {
    Set<String> types = new LinkedHashSet<>();
    JsonNode type = schema.path("type");
    if (type.isTextual()) {
      types.add(type.textValue());
    } else if (type.isArray() && !type.isEmpty()) {
      type.forEach(t -> types.add(t.asText()));
    } else if (!type.isMissingNode()) {
      throw new LuthierException(at + "/type: expected a type or a list of types, found " + type);
    } else {
      for (String inferred : INFERRED) {
        if (OF_TYPE.getOrDefault(inferred, Set.of()).stream().anyMatch(schema::has)) {
          types.add(inferred);
        }
      }
      if (types.isEmpty()) {
        types.addAll(INFERRED);
        types.addAll(List.of("boolean", "null"));
      }
    }
    if (types.contains("number")) {
      types.remove("integer");
    }
    return types;
  }
}
