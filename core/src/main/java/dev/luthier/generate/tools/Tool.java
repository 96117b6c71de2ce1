package dev.luthier.generate.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.List;

/**
 * A function that the model may ask to have called.
 *
 * @param parameters a JSON schema of an object
 */
public record Tool(String name, JsonNode parameters) {
  /**
   * Reads declarations of OpenAI's form: {@code [{"type": "function", "function": {"name":
   * "weather", "parameters": {...}}}]}.
   *
   * @throws LuthierException if they are not of that form, or two have one name
   */
  public static List<Tool> read(JsonNode tools) {
    List<Tool> read = new ArrayList<>();
    for (int i = 0; i < tools.size(); i++) {
      JsonNode function = tools.get(i).path("function");
      JsonNode name = function.path("name");
      if (!name.isTextual() || name.textValue().isEmpty()) {
        throw new LuthierException(
            "tools[" + i + "]: expected {\"type\": \"function\", \"function\": {\"name\": ...}}");
      }
      if (read.stream().anyMatch(tool -> tool.name.equals(name.textValue()))) {
        throw new LuthierException(
            "tools[" + i + "]: the name " + name + " is declared twice; give each its own");
      }
      JsonNode parameters = function.path("parameters");
      boolean none = parameters.isMissingNode() || parameters.isNull();
      read.add(
          new Tool(
              name.textValue(),
              none ? JsonNodeFactory.instance.objectNode().put("type", "object") : parameters));
    }
    return List.copyOf(read);
  }
}
