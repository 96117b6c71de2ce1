package dev.luthier.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.SamplingSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** How a request wants its texts continued. */
final class SamplingFields {
  private static final int MOST_STOPS = 16;
  private static final int MOST_CHOICES = 128;

  private final Fields request;
  private final ModelLanguage language;
  private final int vocabulary;

  SamplingFields(Fields request, ModelLanguage language, int vocabulary) {
    this.request = request;
    this.language = language;
    this.vocabulary = vocabulary;
  }

  /** How many texts each prompt gets. */
  int choices() {
    int n = request.small("n", 1, MOST_CHOICES).orElse(1);
    request.small("best_of", n, n);
    return n;
  }

  /**
   * The settings of each of so many texts; where the request says nothing, the model's files do.
   * They differ in their seeds, the first of which is the request's.
   */
  List<GenerateSettings> settings(int maxTokens, int texts) {
    SamplingSettings sampling = sampling();
    List<String> stop = stop();
    long seed =
        request
            .whole("seed", Long.MIN_VALUE, Long.MAX_VALUE)
            .orElseGet(() -> ThreadLocalRandom.current().nextLong());
    return java.util.stream.LongStream.range(0, texts)
        .mapToObj(i -> new GenerateSettings(maxTokens, sampling, stop, seed + i, false))
        .toList();
  }

  private SamplingSettings sampling() {
    SamplingSettings recommended = language.defaults().sampling();
    double topP = request.number("top_p", 0, 1).orElse(recommended.topP());
    check("top_p", topP > 0);
    double penalty =
        request.number("repetition_penalty", 0, 1000).orElse(recommended.repetitionPenalty());
    check("repetition_penalty", penalty > 0);
    double frequency = request.number("frequency_penalty", -2, 2).orElse(0.0);
    double presence = request.number("presence_penalty", -2, 2).orElse(0.0);
    return recommended
        .withTemperature(request.number("temperature", 0, 100).orElse(recommended.temperature()))
        .withLimits(
            request
                .small("top_k", -1, Integer.MAX_VALUE)
                .map(k -> Math.max(0, k))
                .orElse(recommended.topK()),
            topP,
            request.number("min_p", 0, 1).orElse(recommended.minP()))
        .withRepetition(penalty, recommended.noRepeatNgramSize())
        .withBias(frequency, presence, bias());
  }

  private void check(String name, boolean positive) {
    if (!positive) {
      throw ApiException.invalid(name, name + " is 0: expected a number above 0");
    }
  }

  private List<String> stop() {
    List<String> stop = request.texts("stop");
    if (stop.size() > MOST_STOPS) {
      throw ApiException.invalid(
          "stop", "stop has " + stop.size() + " strings: expected at most " + MOST_STOPS);
    }
    if (stop.contains("")) {
      throw ApiException.invalid("stop", "stop has an empty string: leave it out");
    }
    return stop;
  }

  /** Ids and what is added to their logits. */
  private Map<Integer, Double> bias() {
    Map<Integer, Double> bias = new LinkedHashMap<>();
    Optional<Fields> given = request.object("logit_bias");
    if (given.isPresent()) {
      for (Map.Entry<String, JsonNode> entry : given.get().json().properties()) {
        String id = entry.getKey();
        if (!id.matches("[0-9]{1,9}") || Integer.parseInt(id) >= vocabulary) {
          throw ApiException.invalid(
              "logit_bias",
              "logit_bias names "
                  + (id.length() > 20 ? id.substring(0, 20) + "..." : id)
                  + ": expected token ids from 0 to "
                  + (vocabulary - 1));
        }
        given.get().number(id, -100, 100).ifPresent(value -> bias.put(Integer.parseInt(id), value));
      }
    }
    return bias;
  }
}
