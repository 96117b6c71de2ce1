package dev.luthier.export.gotemplate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A {@code TEMPLATE} of Ollama's Modelfile, rendered as Ollama's {@code template.Execute} does.
 *
 * <p>Consecutive messages of one role become one, joined by a blank line, except tool results. A
 * template that reads {@code .Messages} gets them all at once; an older one, which reads {@code
 * .System}, {@code .Prompt} and {@code .Response}, is rendered once for each exchange, and the last
 * time without what follows {@code .Response}.
 */
public final class OllamaTemplate {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final GoTemplate template;
  private final Set<String> variables;

  private OllamaTemplate(GoTemplate template) {
    this.template = template;
    this.variables = Identifiers.of(template);
  }

  /**
   * Reads a template.
   *
   * @param clock what {@code currentDate} reads, in its zone
   * @throws GoTemplateException if it is none
   */
  public static OllamaTemplate of(String source, Clock clock) {
    Map<String, GoFunction> functions = new HashMap<>();
    functions.put("json", args -> json(args.isEmpty() ? null : args.get(0)));
    functions.put("currentDate", args -> LocalDate.now(clock).toString());
    OllamaTemplate plain = new OllamaTemplate(GoTemplate.of(source, functions));
    if (plain.variables.contains("messages") || plain.variables.contains("response")) {
      return plain;
    }
    List<Node> nodes = new ArrayList<>(plain.template.root());
    nodes.add(Identifiers.RESPONSE);
    return new OllamaTemplate(plain.template.with(nodes));
  }

  /** The fields and variables that it names, in lower case: what Ollama tells capabilities by. */
  public Set<String> variables() {
    return new TreeSet<>(variables);
  }

  /**
   * Renders a conversation, as Ollama does before the assistant speaks.
   *
   * @param messages each with {@code role}, {@code content}, and {@code tool_calls} where there are
   * @param tools functions as OpenAI's API describes them
   * @throws GoTemplateException if an action cannot take what it meets
   */
  public String render(
      List<? extends Map<String, ? extends @Nullable Object>> messages, List<?> tools) {
    List<Map<String, Object>> collated = collated(messages);
    List<String> system = new ArrayList<>();
    for (Map<String, ?> message : messages) {
      if (text(message.get("role")).equals("system")) {
        system.add(text(message.get("content")));
      }
    }
    if (!variables.contains("messages")) {
      return exchanges(collated);
    }
    Map<String, Object> data = new HashMap<>();
    data.put("System", String.join("\n\n", system));
    data.put("Messages", collated.stream().map(ApiTypes::message).toList());
    data.put("Tools", ApiTypes.tools(tools));
    data.put("Response", "");
    data.put("Think", false);
    data.put("IsThinkSet", false);
    return template.render(data);
  }

  /** Messages with neighbours of one role joined. */
  private static List<Map<String, Object>> collated(
      List<? extends Map<String, ? extends @Nullable Object>> messages) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (Map<String, ? extends @Nullable Object> message : messages) {
      Map<String, Object> copy = new LinkedHashMap<>();
      message.forEach(
          (key, value) -> {
            if (value != null) {
              copy.put(key, value);
            }
          });
      String role = text(message.get("role"));
      Map<String, Object> last = out.isEmpty() ? Map.of() : out.get(out.size() - 1);
      if (!role.equals("tool") && role.equals(last.get("role"))) {
        last.put("content", text(last.get("content")) + "\n\n" + text(message.get("content")));
      } else {
        out.add(copy);
      }
    }
    return out;
  }

  private String exchanges(List<Map<String, Object>> messages) {
    StringBuilder out = new StringBuilder();
    Map<String, Object> open = exchange();
    for (Map<String, Object> message : messages) {
      String role = text(message.get("role")).toLowerCase(Locale.ROOT);
      boolean answered = !"".equals(open.get("Response"));
      if (role.equals("system") && (answered || !"".equals(open.get("Prompt")))
          || role.equals("user") && answered) {
        out.append(template.render(open));
        open = exchange();
      }
      String field =
          switch (role) {
            case "system" -> "System";
            case "user" -> "Prompt";
            default -> "Response";
          };
      if (Set.of("system", "user", "assistant").contains(role)) {
        open.put(field, text(message.get("content")));
      }
    }
    return out.append(template.with(Identifiers.upToResponse(template.root())).render(open))
        .toString();
  }

  private static Map<String, Object> exchange() {
    return new HashMap<>(Map.of("System", "", "Prompt", "", "Response", ""));
  }

  static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  /** As {@code json.Marshal}: keys in order, and {@code <}, {@code >} and {@code &} escaped. */
  private static String json(@Nullable Object value) {
    if (value instanceof GoStruct struct) {
      return struct.json();
    }
    return Bytes.of(ApiTypes.marshal(JSON.<JsonNode>valueToTree(texts(value))));
  }

  /** Values with their strings as text again. */
  private static @Nullable Object texts(@Nullable Object value) {
    if (value instanceof String bytes) {
      return Bytes.text(bytes);
    }
    if (value instanceof GoStruct struct) {
      return new RawValue(Bytes.text(struct.json()));
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> out = new ArrayList<>();
      list.forEach(item -> out.add(texts(item)));
      return out;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      Values.sorted(map).forEach((key, item) -> out.put(Bytes.text(key), texts(item)));
      return out;
    }
    return value;
  }
}
