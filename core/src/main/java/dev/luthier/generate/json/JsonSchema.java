package dev.luthier.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * JSON Schema (2020-12, and OpenAI's structured outputs, which are a part of it) as a grammar of
 * the documents that are valid. Members come in the order of their declaration, and optional ones
 * may be left out. What is more generous in the standard than anyone means is closed: where {@code
 * properties} are declared there are no others, nor items behind {@code prefixItems}, unless the
 * schema allows them in so many words. {@code oneOf} is read as {@code anyOf}.
 *
 * <p>See docs/structured-output.md for what is refused.
 */
public final class JsonSchema {
  private final SchemaMerge merge;
  private final Map<String, Grammar.Rule> rules = new HashMap<>();
  private final Grammar.Rule anyValue = new Grammar.Rule();

  /** References that lead here without an object or array on the way. */
  private Set<String> leading = new HashSet<>();

  private JsonSchema(JsonNode root) {
    this.merge = new SchemaMerge(root);
    anyValue.define(
        Grammar.either(
            anyObject(anyValue),
            list(anyValue),
            string(),
            JsonNumbers.NUMBER,
            JsonText.BOOLEAN,
            JsonText.NULL));
  }

  /**
   * The documents that are valid.
   *
   * @throws LuthierException naming by its JSON pointer what cannot be kept to
   */
  public static Grammar grammar(JsonNode schema) {
    Grammar grammar = new JsonSchema(schema).compile(schema, "#");
    if (grammar == Grammar.NEVER) {
      throw new LuthierException("no document fits the schema: its parts exclude one another");
    }
    return grammar;
  }

  /** An object of two members, the first of which is a certain string. */
  public static Grammar object(String key, String value, String secondKey, Grammar second) {
    return JsonText.object(
        Grammar.sequence(
            JsonText.member(JsonText.string(key), JsonText.string(value)),
            JsonText.COMMA,
            JsonText.member(JsonText.string(secondKey), second)));
  }

  /** Any JSON object. */
  static Grammar anyObject() {
    JsonSchema any = new JsonSchema(JsonNodeFactory.instance.objectNode());
    return anyObject(any.anyValue);
  }

  private static Grammar anyObject(Grammar value) {
    return Grammar.either(
        JsonText.emptyObject(),
        JsonText.object(list(JsonText.member(string(), value), 1, Grammar.UNBOUNDED)));
  }

  private static Grammar list(Grammar item) {
    return Grammar.either(JsonText.emptyArray(), JsonText.array(list(item, 1, Grammar.UNBOUNDED)));
  }

  /** At least one of them, with commas between. */
  private static Grammar list(Grammar item, int least, int most) {
    return Grammar.sequence(
        item,
        Grammar.repeated(
            Grammar.sequence(JsonText.COMMA, item),
            least - 1,
            most == Grammar.UNBOUNDED ? most : most - 1));
  }

  private static Grammar string() {
    return JsonText.quoted(Grammar.repeated(JsonText.CHARACTER, 0, Grammar.UNBOUNDED));
  }

  private Grammar compile(JsonNode schema, String at) {
    if (schema.isBoolean()) {
      return schema.booleanValue() ? anyValue : Grammar.NEVER;
    }
    if (!(schema instanceof ObjectNode object)) {
      throw new LuthierException(at + ": expected a schema, which is an object, found " + schema);
    }
    SchemaKeywords.check(object, at);
    if (object.has("$ref") && !SchemaKeywords.isConstrained(object, Set.of("$ref"))) {
      return reference(object.get("$ref"), at + "/$ref");
    }
    if (object.has("$ref") || object.has("allOf")) {
      return compile(merge.flat(object, at), at);
    }
    for (String any : List.of("anyOf", "oneOf")) {
      if (object.has(any)) {
        return choices(object, any, at);
      }
    }
    return object.has("enum") || object.has("const") ? values(object, at) : typed(object, at);
  }

  private Grammar reference(JsonNode reference, String at) {
    String to = reference.asText();
    if (leading.contains(to)) {
      throw new LuthierException(
          at + ": the reference " + to + " leads back to itself and says nothing; remove it");
    }
    Grammar.Rule known = rules.get(to);
    if (known != null) {
      return known;
    }
    JsonNode target = merge.target(to, at);
    Grammar.Rule rule = new Grammar.Rule();
    rules.put(to, rule);
    leading.add(to);
    rule.define(compile(target, to));
    leading.remove(to);
    return rule;
  }

  private Grammar choices(ObjectNode schema, String keyword, String at) {
    JsonNode branches = schema.get(keyword);
    if (!branches.isArray() || branches.isEmpty()) {
      throw new LuthierException(at + "/" + keyword + ": expected a list of schemas");
    }
    boolean constrained = SchemaKeywords.isConstrained(schema, Set.of(keyword));
    List<Grammar> ways = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      String here = at + "/" + keyword + "/" + i;
      JsonNode branch =
          constrained
              ? merge.both(schema.deepCopy().without(keyword), branches.get(i), here)
              : branches.get(i);
      ways.add(compile(branch, here));
    }
    return Grammar.either(ways);
  }

  /** Of {@code enum} and {@code const} those values that the other keywords allow. */
  private Grammar values(ObjectNode schema, String at) {
    List<JsonNode> values = new ArrayList<>();
    if (schema.has("const")) {
      values.add(schema.get("const"));
    } else {
      schema.get("enum").forEach(values::add);
    }
    if (schema.has("const") && schema.has("enum")) {
      Set<JsonNode> both = new HashSet<>();
      schema.get("enum").forEach(both::add);
      values.removeIf(value -> !both.contains(value));
    }
    ObjectNode others = schema.deepCopy();
    others.remove(List.of("enum", "const"));
    if (SchemaKeywords.isConstrained(others, Set.of())) {
      SchemaKeywords.checkBesideValues(others, at);
      State start = new Automaton(Grammar.either(typed(others, at), JsonText.NULL)).start();
      boolean nullable = SchemaKeywords.types(others, at).contains("null");
      values.removeIf(
          value ->
              value.isNull()
                  ? !nullable
                  : !start.next(value.toString().getBytes(StandardCharsets.UTF_8)).accepts());
    }
    return Grammar.either(values.stream().map(JsonText::value).toList());
  }

  private Grammar typed(ObjectNode schema, String at) {
    List<Grammar> ways = new ArrayList<>();
    for (String type : SchemaKeywords.types(schema, at)) {
      Set<String> before = leading;
      leading = new HashSet<>();
      ways.add(
          switch (type) {
            case "object" -> object(schema, at);
            case "array" -> array(schema, at);
            case "string" -> string(schema, at);
            case "number" -> JsonNumbers.number(least(schema, at), most(schema, at));
            case "integer" -> JsonNumbers.integer(least(schema, at), most(schema, at));
            case "boolean" -> JsonText.BOOLEAN;
            case "null" -> JsonText.NULL;
            default ->
                throw new LuthierException(
                    at
                        + "/type: "
                        + type
                        + " is no type; use object, array, string, number, integer, boolean or"
                        + " null");
          });
      leading = before;
    }
    return Grammar.either(ways);
  }

  private Grammar object(ObjectNode schema, String at) {
    Map<String, JsonNode> declared = new LinkedHashMap<>();
    schema.path("properties").properties().forEach(p -> declared.put(p.getKey(), p.getValue()));
    JsonNode others = schema.path("additionalProperties");
    boolean closed = others.isMissingNode() && schema.has("properties");
    Grammar other =
        closed
            ? Grammar.NEVER
            : others.isMissingNode() ? anyValue : compile(others, at + "/additionalProperties");
    Set<String> required = new TreeSet<>();
    for (JsonNode name : schema.path("required")) {
      required.add(name.asText());
    }
    Map<String, Grammar> members = new LinkedHashMap<>();
    declared.forEach(
        (name, of) ->
            members.put(name, compile(of, at + "/properties/" + SchemaMerge.escaped(name))));
    for (String name : required) {
      members.putIfAbsent(name, others.isMissingNode() ? anyValue : other);
    }
    return members(members, required, other);
  }

  /** From the last member to the first, so that all ways to leave members out share their ends. */
  private static Grammar members(
      Map<String, Grammar> members, Set<String> required, Grammar other) {
    List<String> names = new ArrayList<>(members.keySet());
    Grammar extra = other == Grammar.NEVER ? other : JsonText.member(keyBeside(names), other);
    Grammar further =
        Grammar.repeated(Grammar.sequence(JsonText.COMMA, extra), 0, Grammar.UNBOUNDED);
    Grammar first = Grammar.sequence(extra, further);
    for (int i = names.size() - 1; i >= 0; i--) {
      String name = names.get(i);
      Grammar value = members.getOrDefault(name, Grammar.NEVER);
      Grammar here = value == Grammar.NEVER ? value : JsonText.member(JsonText.string(name), value);
      Grammar asFirst = Grammar.sequence(here, further);
      Grammar asFurther = Grammar.sequence(JsonText.COMMA, here, further);
      boolean needed = required.contains(name);
      first = needed ? asFirst : Grammar.either(asFirst, first);
      further = needed ? asFurther : Grammar.either(asFurther, further);
    }
    Grammar filled = first == Grammar.NEVER ? first : JsonText.object(first);
    return required.isEmpty() ? Grammar.either(JsonText.emptyObject(), filled) : filled;
  }

  /** A key that is none of the declared ones; a second one of a name would hide the first. */
  private static Grammar keyBeside(List<String> declared) {
    if (declared.isEmpty()) {
      return string();
    }
    Grammar any =
        JsonText.quoted(
            Grammar.repeated(JsonText.characters(CodePoints.ALL), 0, Grammar.UNBOUNDED));
    return Table.without(any, Grammar.either(declared.stream().map(JsonText::string).toList()));
  }

  private Grammar array(ObjectNode schema, String at) {
    int least = count(schema, "minItems", 0, at);
    int most = count(schema, "maxItems", Grammar.UNBOUNDED, at);
    List<Grammar> first = new ArrayList<>();
    JsonNode prefix = schema.path("prefixItems");
    for (int i = 0; i < Math.min(prefix.size(), most); i++) {
      first.add(compile(prefix.get(i), at + "/prefixItems/" + i));
    }
    JsonNode items = schema.path("items");
    Grammar item =
        !items.isMissingNode()
            ? compile(items, at + "/items")
            : prefix.isEmpty() ? anyValue : Grammar.NEVER;
    int place = first.size();
    Grammar further =
        Grammar.repeated(
            Grammar.sequence(JsonText.COMMA, item),
            Math.max(0, least - Math.max(1, place)),
            most == Grammar.UNBOUNDED ? most : most - Math.max(1, place));
    if (place == 0) {
      further = Grammar.sequence(item, further);
    }
    for (int i = place - 1; i >= 0; i--) {
      Grammar rest = i == place - 1 || i + 1 < least ? further : Grammar.optional(further);
      further =
          i == 0
              ? Grammar.sequence(first.get(0), rest)
              : Grammar.sequence(JsonText.COMMA, first.get(i), rest);
    }
    Grammar filled =
        most == 0 || further == Grammar.NEVER ? Grammar.NEVER : JsonText.array(further);
    return least == 0 ? Grammar.either(JsonText.emptyArray(), filled) : filled;
  }

  private Grammar string(ObjectNode schema, String at) {
    int least = count(schema, "minLength", 0, at);
    int most = count(schema, "maxLength", Grammar.UNBOUNDED, at);
    List<Grammar> forms = new ArrayList<>();
    if (schema.has("pattern")) {
      forms.add(expression(schema.get("pattern").asText(), at + "/pattern"));
    }
    JsonFormats.expression(schema.path("format").asText())
        .ifPresent(format -> forms.add(expression(format, at + "/format")));
    if (forms.isEmpty()) {
      return JsonText.quoted(Grammar.repeated(JsonText.CHARACTER, least, most));
    }
    if (least > 0 || most < Grammar.UNBOUNDED) {
      forms.add(Grammar.repeated(JsonText.characters(CodePoints.ALL), least, most));
    }
    try {
      return JsonText.quoted(forms.stream().reduce(Table::both).orElseThrow());
    } catch (LuthierException e) {
      throw new LuthierException(at + ": " + e.getMessage(), e);
    }
  }

  private static Grammar expression(String regex, String at) {
    try {
      return Regex.inString(regex);
    } catch (LuthierException e) {
      throw new LuthierException(at + ": " + e.getMessage(), e);
    }
  }

  private static int count(ObjectNode schema, String keyword, int otherwise, String at) {
    JsonNode value = schema.path(keyword);
    if (value.isMissingNode()) {
      return otherwise;
    }
    BigDecimal number = value.isNumber() ? value.decimalValue() : BigDecimal.ONE.negate();
    if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
      throw new LuthierException(
          at + "/" + keyword + ": expected a whole number, 0 or more, found " + value);
    }
    return number
        .min(BigDecimal.valueOf(otherwise == 0 ? Integer.MAX_VALUE - 1 : otherwise))
        .intValue();
  }

  private static JsonNumbers.@Nullable Bound least(ObjectNode schema, String at) {
    return bound(schema, "minimum", "exclusiveMinimum", 1, at);
  }

  private static JsonNumbers.@Nullable Bound most(ObjectNode schema, String at) {
    return bound(schema, "maximum", "exclusiveMaximum", -1, at);
  }

  /** The stricter of both. */
  private static JsonNumbers.@Nullable Bound bound(
      ObjectNode schema, String included, String excluded, int sign, String at) {
    for (String keyword : List.of(included, excluded)) {
      if (schema.has(keyword) && !schema.get(keyword).isNumber()) {
        throw new LuthierException(
            at + "/" + keyword + ": expected a number, found " + schema.get(keyword));
      }
    }
    if (!schema.has(excluded)) {
      return schema.has(included)
          ? new JsonNumbers.Bound(schema.get(included).decimalValue(), false)
          : null;
    }
    BigDecimal open = schema.get(excluded).decimalValue();
    if (schema.has(included)) {
      BigDecimal shut = schema.get(included).decimalValue();
      if (shut.compareTo(open) * sign > 0) {
        return new JsonNumbers.Bound(shut, false);
      }
    }
    return new JsonNumbers.Bound(open, true);
  }
}
