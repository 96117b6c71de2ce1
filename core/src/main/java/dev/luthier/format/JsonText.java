package dev.luthier.format;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Map;

/**
 * JSON text as Python's {@code json.dumps(value, indent=2, ensure_ascii=False)} writes it, so that
 * a file that is read, changed and written differs only where it was changed. Keys stay in order.
 */
final class JsonText {
  private final StringBuilder out = new StringBuilder();

  private JsonText() {}

  static String of(JsonNode value) {
    JsonText text = new JsonText();
    text.value(value, "\n");
    return text.out.append('\n').toString();
  }

  private void value(JsonNode value, String newline) {
    if (value.isObject()) {
      object(value, newline);
    } else if (value.isArray()) {
      array(value, newline);
    } else if (value.isTextual()) {
      string(value.textValue());
    } else if (value.isDouble() || value.isFloat()) {
      out.append(number(value.doubleValue()));
    } else {
      out.append(value);
    }
  }

  private void object(JsonNode value, String newline) {
    out.append('{');
    String inner = newline + "  ";
    Iterator<Map.Entry<String, JsonNode>> fields = value.properties().iterator();
    while (fields.hasNext()) {
      Map.Entry<String, JsonNode> field = fields.next();
      out.append(inner);
      string(field.getKey());
      out.append(": ");
      value(field.getValue(), inner);
      out.append(fields.hasNext() ? "," : newline);
    }
    out.append('}');
  }

  private void array(JsonNode value, String newline) {
    out.append('[');
    String inner = newline + "  ";
    for (int i = 0; i < value.size(); i++) {
      out.append(i == 0 ? inner : "," + inner);
      value(value.get(i), inner);
    }
    out.append(value.isEmpty() ? "]" : newline + "]");
  }

  private void string(String s) {
    out.append('"');
    JsonStringEncoder.getInstance().quoteAsString(s, out);
    out.append('"');
  }

  static String number(double d) {
    return Double.isFinite(d) ? PythonFloat.repr(d) : Double.toString(d);
  }
}
