package dev.luthier.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** Schemas made by chance, each with a way to make documents that are valid by what it says. */
record Schemas(ObjectNode schema, Function<Random, JsonNode> document) {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> WORDS =
      List.of(
          "a", "name", "größe", "x y", "\"q\"", "tab\tnew\nline", "日本", "🙂", "", "back\\slash");

  /**
   * @param depth how many arrays and objects may lie in one another
   */
  static Schemas random(Random random, int depth) {
    int kind = random.nextInt(depth > 0 ? 13 : 9);
    return switch (kind) {
      case 0 -> of("boolean", r -> NODES.booleanNode(r.nextBoolean()));
      case 1 -> of("null", r -> NODES.nullNode());
      case 2 -> integer(random);
      case 3 -> number(random);
      case 4 -> string(random);
      case 5 -> pattern(random);
      case 6 -> values(random);
      case 7 -> of("string", r -> NODES.textNode(words(r, r.nextInt(4))));
      case 8 -> constant(random);
      case 9 -> array(random, depth - 1);
      case 10 -> tuple(random, depth - 1);
      case 11 -> any(random, depth - 1);
      default -> object(random, depth - 1);
    };
  }

  private static Schemas of(String type, Function<Random, JsonNode> document) {
    return new Schemas(NODES.objectNode().put("type", type), document);
  }

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(WORDS.get(random.nextInt(WORDS.size())));
    }
    return text.toString();
  }

  private static Schemas integer(Random random) {
    int least = random.nextInt(2000) - 1000;
    int most = least + random.nextInt(300);
    Schemas made = of("integer", r -> NODES.numberNode(least + r.nextInt(most - least + 1)));
    made.schema.put("minimum", least).put("maximum", most);
    return made;
  }

  private static Schemas number(Random random) {
    BigDecimal least = BigDecimal.valueOf(random.nextInt(4000) - 2000, random.nextInt(3));
    int span = random.nextInt(400) + 1;
    Schemas made =
        of("number", r -> NODES.numberNode(least.add(BigDecimal.valueOf(r.nextInt(span), 2))));
    made.schema.put("minimum", least);
    made.schema.put("exclusiveMaximum", least.add(BigDecimal.valueOf(span, 2)));
    return made;
  }

  private static Schemas string(Random random) {
    int least = random.nextInt(3);
    int most = least + random.nextInt(5);
    Schemas made =
        of(
            "string",
            r -> {
              int[] points =
                  words(r, 12).codePoints().limit(least + r.nextInt(most - least + 1)).toArray();
              String text = new String(points, 0, points.length);
              return NODES.textNode(text + "z".repeat(Math.max(0, least - points.length)));
            });
    made.schema.put("minLength", least).put("maxLength", most);
    return made;
  }

  private static Schemas pattern(Random random) {
    int most = 3 + random.nextInt(6);
    Schemas made =
        of("string", r -> NODES.textNode(r.nextBoolean() ? "ab-" + r.nextInt(10) : "é\"1"));
    made.schema.put("pattern", "^([a-d]{2,}-?|[^a-z]{2})[0-9]+$").put("maxLength", most + 4);
    return made;
  }

  private static Schemas values(Random random) {
    ArrayNode values = NODES.arrayNode();
    for (int i = 0; i <= random.nextInt(4); i++) {
      values.add(words(random, 1 + random.nextInt(2)) + i);
      values.add(random.nextInt(1000));
    }
    values.addNull();
    ObjectNode schema = NODES.objectNode();
    schema.set("enum", values);
    return new Schemas(schema, r -> values.get(r.nextInt(values.size())));
  }

  private static Schemas constant(Random random) {
    ObjectNode value = NODES.objectNode().put(words(random, 1), random.nextInt(10));
    value.putArray("l").add(true).add(words(random, 2));
    ObjectNode schema = NODES.objectNode();
    schema.set("const", value);
    return new Schemas(schema, r -> value);
  }

  private static Schemas array(Random random, int depth) {
    Schemas item = random(random, depth);
    int least = random.nextInt(3);
    int most = least + random.nextInt(3);
    Schemas made =
        of(
            "array",
            r -> {
              ArrayNode array = NODES.arrayNode();
              int count = least + r.nextInt(most - least + 1);
              for (int i = 0; i < count; i++) {
                array.add(item.document.apply(r));
              }
              return array;
            });
    made.schema.put("minItems", least).put("maxItems", most);
    made.schema.set("items", item.schema);
    return made;
  }

  private static Schemas tuple(Random random, int depth) {
    List<Schemas> items = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      items.add(random(random, depth));
    }
    int least = random.nextInt(items.size() + 1);
    Schemas made =
        of(
            "array",
            r -> {
              ArrayNode array = NODES.arrayNode();
              int count = least + r.nextInt(items.size() - least + 1);
              items.subList(0, count).forEach(item -> array.add(item.document.apply(r)));
              return array;
            });
    made.schema.put("minItems", least);
    ArrayNode prefix = made.schema.putArray("prefixItems");
    items.forEach(item -> prefix.add(item.schema));
    return made;
  }

  private static Schemas any(Random random, int depth) {
    Schemas one = random(random, depth);
    Schemas other = random(random, depth);
    ObjectNode schema = NODES.objectNode();
    schema.putArray("anyOf").add(one.schema).add(other.schema);
    return new Schemas(schema, r -> (r.nextBoolean() ? one : other).document.apply(r));
  }

  private static Schemas object(Random random, int depth) {
    List<String> names = new ArrayList<>();
    List<Schemas> members = new ArrayList<>();
    List<Boolean> needed = new ArrayList<>();
    for (int i = 0; i < random.nextInt(5); i++) {
      names.add(words(random, 1) + i);
      members.add(random(random, depth));
      needed.add(random.nextBoolean());
    }
    boolean open = random.nextInt(4) == 0;
    Schemas further = random(random, 0);
    Schemas made =
        of(
            "object",
            r -> {
              ObjectNode object = NODES.objectNode();
              for (int i = 0; i < names.size(); i++) {
                if (needed.get(i) || r.nextBoolean()) {
                  object.set(names.get(i), members.get(i).document.apply(r));
                }
              }
              for (int i = 0; open && i < r.nextInt(3); i++) {
                object.set("more" + words(r, 1) + i, further.document.apply(r));
              }
              return object;
            });
    ObjectNode properties = made.schema.putObject("properties");
    ArrayNode required = made.schema.putArray("required");
    for (int i = 0; i < names.size(); i++) {
      properties.set(names.get(i), members.get(i).schema);
      if (needed.get(i)) {
        required.add(names.get(i));
      }
    }
    made.schema.set("additionalProperties", open ? further.schema : NODES.booleanNode(false));
    return made;
  }
}
