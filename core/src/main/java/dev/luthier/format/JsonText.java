package dev.luthier.format;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
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

  /** Python's repr: an exponent of two digits at least, below 1e-4 and from 1e16. */
  static String number(double d) {
    if (d == 0 || !Double.isFinite(d)) {
      return Double.toString(d);
    }
    BigDecimal shortest = new BigDecimal(Double.toString(d)).stripTrailingZeros();
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    if (exponent < -4 || exponent >= 16) {
      String rest = digits.length() == 1 ? "" : "." + digits.substring(1);
      String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
      return (d < 0 ? "-" : "")
          + digits.charAt(0)
          + rest
          + "e"
          + (exponent < 0 ? "-" : "+")
          + power;
    }
    String plain = shortest.toPlainString();
    return plain.indexOf('.') < 0 ? plain + ".0" : plain;
  }
}
