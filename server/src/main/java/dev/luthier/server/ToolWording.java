package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.generate.tools.ToolCall;
import dev.luthier.generate.tools.ToolDelta;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Calls of tools in OpenAI's words. */
final class ToolWording {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

  /** Some templates (Mistral's) take ids of just so many letters and digits back. */
  private static final int ID_LENGTH = 9;

  private ToolWording() {}

  /** A piece of an answer as a {@code delta}. */
  static ObjectNode delta(ToolDelta piece) {
    if (piece instanceof ToolDelta.Content words) {
      return Json.object().put("content", words.text());
    }
    ObjectNode delta = Json.object();
    ObjectNode call = delta.putArray("tool_calls").addObject();
    if (piece instanceof ToolDelta.Call begun) {
      call.put("index", begun.index());
      named(call, begun.name(), "");
    } else if (piece instanceof ToolDelta.Arguments more) {
      call.put("index", more.index());
      call.putObject("function").put("arguments", more.piece());
    }
    return delta;
  }

  /** Whole calls, as a message has them. */
  static void calls(ArrayNode into, List<ToolCall> calls) {
    calls.forEach(call -> named(into.addObject(), call.name(), call.arguments()));
  }

  private static void named(ObjectNode call, String name, String arguments) {
    call.put("id", id());
    call.put("type", "function");
    call.putObject("function").put("name", name).put("arguments", arguments);
  }

  private static String id() {
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < ID_LENGTH; i++) {
      id.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
    }
    return id.toString();
  }
}
