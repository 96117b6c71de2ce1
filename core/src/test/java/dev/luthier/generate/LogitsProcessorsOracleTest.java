package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each processor against what Hugging Face's of the same name gave on a random tensor. */
@Tag("interop")
class LogitsProcessorsOracleTest {
  private static final Path CASES =
      Path.of(System.getProperty("luthier.assets", ""))
          .resolve("oracle-transformers/logits_processors/cases.json");

  /** By the start of the case's name. */
  private static final Map<String, Function<JsonNode, LogitsProcessor>> OFFERED =
      Map.of(
          "temperature", a -> LogitsProcessors.temperature(a.get("temperature").doubleValue()),
          "top_k", a -> LogitsProcessors.topK(a.get("top_k").intValue()),
          "top_p",
              a ->
                  LogitsProcessors.topP(
                      a.get("top_p").doubleValue(), a.path("min_tokens_to_keep").asInt(1)),
          "min_p", a -> LogitsProcessors.minP(a.get("min_p").doubleValue()),
          "repetition",
              a -> LogitsProcessors.repetitionPenalty(a.get("repetition_penalty").doubleValue()),
          "no_repeat_ngram",
              a -> LogitsProcessors.noRepeatNgram(a.get("no_repeat_ngram_size").intValue()),
          "suppress", a -> LogitsProcessors.suppress(ids(a.get("suppress_tokens"))),
          "bad_words",
              a -> {
                List<List<Integer>> words = new ArrayList<>();
                a.get("bad_words").forEach(word -> words.add(ids(word)));
                return LogitsProcessors.badWords(words, List.of());
              });

  private static List<Integer> ids(JsonNode array) {
    List<Integer> ids = new ArrayList<>();
    array.forEach(id -> ids.add(id.intValue()));
    return ids;
  }

  private static float[] floats(JsonNode array) {
    float[] out = new float[array.size()];
    for (int i = 0; i < out.length; i++) {
      JsonNode value = array.get(i);
      out[i] = value.isTextual() ? Float.NEGATIVE_INFINITY : value.floatValue();
    }
    return out;
  }

  @Test
  void every_offered_processor_gives_hugging_faces_scores() throws IOException {
    JsonNode file = new ObjectMapper().readTree(CASES.toFile());
    TreeSet<String> checked = new TreeSet<>();
    file.get("cases")
        .fields()
        .forEachRemaining(
            entry ->
                OFFERED.forEach(
                    (prefix, processor) -> {
                      if (entry.getKey().startsWith(prefix + "_")
                          || entry.getKey().equals(prefix)) {
                        checked.add(prefix);
                        check(file, entry.getKey(), entry.getValue(), processor);
                      }
                    }));
    assertThat(checked).containsExactlyElementsOf(new TreeSet<>(OFFERED.keySet()));
  }

  private static void check(
      JsonNode file, String name, JsonNode expected, Function<JsonNode, LogitsProcessor> make) {
    LogitsProcessor processor = make.apply(expected.get("args"));
    for (int row = 0; row < file.get("scores").size(); row++) {
      float[] scores = floats(file.get("scores").get(row));
      int[] history =
          ids(file.get("input_ids").get(row)).stream().mapToInt(Integer::intValue).toArray();
      processor.apply(scores, new TokenHistory(history));
      assertThat(scores)
          .as("%s, row %d", name, row)
          .containsExactly(floats(expected.get("scores").get(row)), Offset.offset(1e-6f));
    }
  }
}
