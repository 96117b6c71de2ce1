package dev.luthier.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Texts in any of the forms of OpenAI's {@code prompt} and {@code input}. */
final class Inputs {
  private static final int MOST = 2048;
  private static final String EXPECTED =
      "a string, a list of strings, a list of token ids, or a list of such lists";

  private final Fields request;
  private final Tokenizer tokenizer;
  private final int vocabulary;

  /**
   * A text and its ids.
   *
   * @param text empty where it came as ids and nobody asks for it
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Input(String text, int[] ids) {}

  Inputs(Fields request, Tokenizer tokenizer, int vocabulary) {
    this.request = request;
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  List<Input> read(String name) {
    JsonNode value = request.required(name, EXPECTED);
    if (value.isTextual()) {
      return List.of(text(name, value));
    }
    request.check(value.isArray() && !value.isEmpty(), name, value, EXPECTED);
    if (value.get(0).isNumber()) {
      return List.of(ids(name, value));
    }
    if (value.size() > MOST) {
      throw ApiException.invalid(
          name, name + " has " + value.size() + " texts: expected at most " + MOST);
    }
    List<Input> inputs = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      String at = name + "[" + i + "]";
      JsonNode one = value.get(i);
      request.check(one.isTextual() || one.isArray(), at, one, EXPECTED);
      inputs.add(one.isTextual() ? text(at, one) : ids(at, one));
    }
    return inputs;
  }

  private Input text(String name, JsonNode value) {
    int[] ids = tokenizer.encodeIds(value.textValue(), true);
    request.check(ids.length > 0, name, value, "a text of at least one token");
    return new Input(value.textValue(), ids);
  }

  private Input ids(String name, JsonNode value) {
    int[] ids = ids(request, name, value, vocabulary);
    request.check(ids.length > 0, name, value, "at least one token id");
    return new Input(tokenizer.decode(ids, false), ids);
  }

  /** A list of ids below a bound. */
  static int[] ids(Fields request, String name, JsonNode value, int bound) {
    request.check(value.isArray(), name, value, "a list of token ids");
    int[] ids = new int[value.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = value.get(i);
      boolean known =
          id.isIntegralNumber()
              && id.canConvertToInt()
              && id.intValue() >= 0
              && id.intValue() < bound;
      request.check(known, name + "[" + i + "]", id, "a token id from 0 to " + (bound - 1));
      ids[i] = id.intValue();
    }
    return ids;
  }
}
