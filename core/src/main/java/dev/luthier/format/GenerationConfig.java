package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * {@code generation_config.json}: which ids begin, end and pad a text, and the sampling that a
 * model's authors recommend. What the file does not say is empty; the defaults are the sampler's.
 *
 * @param eosTokenIds ids that end generation; the file has one number or a list
 * @param bosTokenId the id that begins a text
 * @param padTokenId the id that fills a batch
 * @param temperature divides the logits, above 0
 * @param topK the number of most likely tokens to sample from; 0 is all
 * @param topP the probability mass of most likely tokens to sample from, in (0, 1]
 * @param minP the least probability of a token, relative to the likeliest's, in [0, 1]
 * @param repetitionPenalty divides the logits of tokens seen before, above 0
 * @param doSample whether to sample rather than take the likeliest token
 * @param maxNewTokens the most tokens to generate
 * @param maxLength the most tokens of prompt and answer together
 * @param file the whole object, with the keys that are not named here
 */
public record GenerationConfig(
    List<Integer> eosTokenIds,
    OptionalInt bosTokenId,
    OptionalInt padTokenId,
    OptionalDouble temperature,
    OptionalInt topK,
    OptionalDouble topP,
    OptionalDouble minP,
    OptionalDouble repetitionPenalty,
    Optional<Boolean> doSample,
    OptionalInt maxNewTokens,
    OptionalInt maxLength,
    ObjectNode file) {

  /** Copies what could be changed from outside. */
  public GenerationConfig {
    eosTokenIds = List.copyOf(eosTokenIds);
    file = file.deepCopy();
  }

  /** A copy; changing it changes nothing here. */
  @Override
  public ObjectNode file() {
    return file.deepCopy();
  }

  /**
   * Reads {@code generation_config.json}; the ids that it does not give, or all if there is no such
   * file, come from {@code config.json} (also its {@code text_config}). Empty if neither is there.
   *
   * @throws LuthierException naming the file and every key whose value cannot be meant
   */
  public static GenerationConfig read(Path modelFolder) {
    Path path = modelFolder.resolve(HfFolder.GENERATION_CONFIG);
    ObjectNode json = Json.readIfThere(path).orElseGet(Json::object);
    Json.readIfThere(modelFolder.resolve(HfFolder.CONFIG))
        .ifPresent(config -> idsFrom(config, json));
    return of(json, path.toString());
  }

  private static void idsFrom(ObjectNode config, ObjectNode into) {
    for (String key : List.of("bos_token_id", "eos_token_id", "pad_token_id")) {
      JsonNode own = config.path(key);
      JsonNode id = own.isNumber() || own.isArray() ? own : config.path("text_config").path(key);
      if (!into.hasNonNull(key) && (id.isNumber() || id.isArray())) {
        into.set(key, id);
      }
    }
  }

  /**
   * Checks an object of that form.
   *
   * @param where what it is called in errors
   */
  public static GenerationConfig of(ObjectNode json, String where) {
    Values in = new Values(json);
    GenerationConfig out =
        new GenerationConfig(
            in.ids("eos_token_id"),
            in.id("bos_token_id"),
            in.id("pad_token_id"),
            in.number("temperature", 0, Double.MAX_VALUE),
            in.whole("top_k", 0),
            in.number("top_p", 0, 1),
            in.number("min_p", 0, 1),
            in.number("repetition_penalty", Double.MIN_VALUE, Double.MAX_VALUE),
            in.flag("do_sample"),
            in.whole("max_new_tokens", 1),
            in.whole("max_length", 1),
            json);
    if (!in.problems.isEmpty()) {
      throw Problems.of(
          where + " cannot be used", in.problems, "Correct the file, or remove those keys.");
    }
    return out;
  }

  /** Writes the object, unknown keys too. */
  public void write(Path modelFolder) {
    Json.write(modelFolder.resolve(HfFolder.GENERATION_CONFIG), file);
  }

  private static final class Values {
    private final ObjectNode json;
    private final List<String> problems = new ArrayList<>();

    Values(ObjectNode json) {
      this.json = json;
    }

    OptionalInt whole(String key, int least) {
      if (!json.hasNonNull(key)) {
        return OptionalInt.empty();
      }
      JsonNode value = json.path(key);
      if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least) {
        wrong(key, "a whole number of " + least + " or more", value);
        return OptionalInt.empty();
      }
      return OptionalInt.of(value.intValue());
    }

    /** Llama and others write -1 where there is no such token. */
    OptionalInt id(String key) {
      JsonNode value = json.path(key);
      return value.isIntegralNumber() && value.asLong() == -1 ? OptionalInt.empty() : whole(key, 0);
    }

    List<Integer> ids(String key) {
      JsonNode value = json.path(key);
      if (!value.isArray()) {
        OptionalInt one = id(key);
        return one.isPresent() ? List.of(one.getAsInt()) : List.of();
      }
      List<Integer> out = new ArrayList<>();
      for (JsonNode id : value) {
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
          wrong(key, "token ids, whole numbers of 0 or more", id);
        } else if (!out.contains(id.intValue())) {
          out.add(id.intValue());
        }
      }
      return out;
    }

    OptionalDouble number(String key, double least, double most) {
      if (!json.hasNonNull(key)) {
        return OptionalDouble.empty();
      }
      JsonNode value = json.path(key);
      double number = value.doubleValue();
      if (!value.isNumber() || !(number >= least && number <= most)) {
        String range = most == 1 ? "from 0 to 1" : least > 0 ? "above 0" : "of 0 or more";
        wrong(key, "a number " + range, value);
        return OptionalDouble.empty();
      }
      return OptionalDouble.of(number);
    }

    Optional<Boolean> flag(String key) {
      JsonNode value = json.path(key);
      if (value.isMissingNode() || value.isNull()) {
        return Optional.empty();
      }
      if (!value.isBoolean()) {
        wrong(key, "true or false", value);
      }
      return Optional.of(value.asBoolean());
    }

    private void wrong(String key, String expected, JsonNode found) {
      problems.add(
          String.format(
              Locale.ROOT,
              "%s: expected %s, found %s",
              key,
              expected,
              Problems.shortened(found.toString())));
    }
  }
}
