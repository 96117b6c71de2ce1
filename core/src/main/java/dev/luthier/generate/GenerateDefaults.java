package dev.luthier.generate;

import dev.luthier.LuthierException;
import dev.luthier.format.GenerationConfig;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a model says about its own use.
 *
 * @param stopIds ids that end a text: those of {@code generation_config.json} (or {@code
 *     config.json}), the tokenizer's EOS, and the special token with which the chat template closes
 *     an assistant's turn, which files of base models often do not name
 * @param sampling what {@code generation_config.json} recommends where it has {@code do_sample};
 *     greedy otherwise. Limits that the file does not state are off
 */
public record GenerateDefaults(Set<Integer> stopIds, SamplingSettings sampling) {
  private static final String ANSWER = "Xylophone";

  /** Copies the set. */
  public GenerateDefaults {
    stopIds = Set.copyOf(stopIds);
  }

  /**
   * Reads the folders' files.
   *
   * @param adapter its file's settings come before the model's
   * @param chat the template that is used, if one is
   * @throws LuthierException naming the file and every key whose value cannot be meant
   */
  public static GenerateDefaults read(
      Path model, Optional<Path> adapter, Tokenizer tokenizer, Optional<ChatEncoder> chat) {
    GenerationConfig base = GenerationConfig.read(model);
    GenerationConfig own = adapter.map(GenerationConfig::read).orElse(base);
    TreeSet<Integer> stops = new TreeSet<>(base.eosTokenIds());
    stops.addAll(own.eosTokenIds());
    tokenizer.eosId().ifPresent(stops::add);
    chat.ifPresent(encoder -> turnEnd(encoder, tokenizer).ifPresent(stops::add));
    return new GenerateDefaults(stops, sampling(own.doSample().isPresent() ? own : base));
  }

  private static SamplingSettings sampling(GenerationConfig file) {
    SamplingSettings greedy =
        SamplingSettings.greedy().withRepetition(file.repetitionPenalty().orElse(1), 0);
    if (!file.doSample().orElse(false)) {
      return greedy;
    }
    double p = file.topP().orElse(1);
    return greedy
        .withTemperature(file.temperature().orElse(1))
        .withLimits(file.topK().orElse(0), p > 0 ? p : 1, file.minP().orElse(0));
  }

  /**
   * The special token that follows an answer, white space between them aside; empty where the
   * template writes none, or refuses a plain exchange.
   */
  static OptionalInt turnEnd(ChatEncoder chat, Tokenizer tokenizer) {
    String after;
    try {
      String text =
          chat.render(
                  List.of(message("user", "Hello"), message("assistant", ANSWER)), List.of(), false)
              .text();
      int at = text.lastIndexOf(ANSWER);
      if (at < 0) {
        return OptionalInt.empty();
      }
      after = text.substring(at + ANSWER.length());
    } catch (LuthierException e) {
      return OptionalInt.empty();
    }
    Encoding encoding = tokenizer.encodeRendered(after);
    for (int i = 0; i < encoding.length(); i++) {
      if (tokenizer.specialIds().contains(encoding.ids()[i])) {
        return OptionalInt.of(encoding.ids()[i]);
      }
      if (!after.substring(encoding.starts()[i], encoding.ends()[i]).isBlank()) {
        return OptionalInt.empty();
      }
    }
    return OptionalInt.empty();
  }

  private static Map<String, @Nullable Object> message(String role, String content) {
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }
}
