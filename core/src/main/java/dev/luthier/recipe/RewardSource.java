package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.DataSettings;
import dev.luthier.data.Example;
import dev.luthier.eval.reward.RewardModel;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Reason;
import dev.luthier.model.Outline;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.MemoryCount;
import dev.luthier.train.policy.RewardFunction;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Where the rewards of a run come from: a user's class, a pattern, a reward model, or an address.
 */
final class RewardSource {
  private static final String SEE = " See docs/policy.md#rewards";
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Answers that a reward model scores at a time. */
  private static final int SCORED_TOGETHER = 16;

  private final RewardSourceSettings settings;
  private final TunedSettings run;
  private final Tuning tuning;

  /**
   * A source.
   *
   * @param run whose base a reward model's adapter belongs to, and whose precision it has
   * @param tuning of the same run
   */
  RewardSource(RewardSourceSettings settings, TunedSettings run, Tuning tuning) {
    this.settings = settings;
    this.run = run;
    this.tuning = tuning;
  }

  /** The file or folder, if it is one. */
  static Optional<Path> file(RewardSourceSettings settings) {
    return settings.function().map(f -> UserCode.of(f).file()).or(settings::model);
  }

  /** What it is. */
  String words() {
    return Stream.of(
            settings.function(),
            settings.regex().map(pattern -> "1 for answers that match " + pattern),
            settings.model().map(Path::toString),
            settings.url())
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow();
  }

  /** The SHA-256 of what scores, if it is here. */
  Optional<String> hash() {
    return settings
        .function()
        .map(f -> UserCode.of(f).hash())
        .or(() -> settings.model().map(Hashes::folder));
  }

  /** What it takes in memory: a reward model's weights. */
  long bytes() {
    return settings
        .model()
        .map(this::base)
        .map(
            base ->
                MemoryCount.frozen(
                    Outline.of(
                        ModelLoader.config(base), HfFolder.configName(base), Optional.empty()),
                    tuning.quant(),
                    run.train().dtype()))
        .orElse(0L);
  }

  /** What gives the scores; a reward model is loaded. */
  RewardFunction function() {
    return settings
        .function()
        .map(f -> UserCode.of(f).make(RewardFunction.class))
        .or(() -> settings.regex().map(RewardSource::regex))
        .or(() -> settings.url().map(RewardSource::http))
        .orElseGet(() -> scorer(settings.model().orElseThrow()));
  }

  /** The folder itself, or the base that its adapter belongs to. */
  private Path base(Path model) {
    return isAdapter(model) ? run.model() : model;
  }

  private static boolean isAdapter(Path model) {
    return HfFolder.kind(model) == HfFolder.Kind.ADAPTER;
  }

  private RewardFunction scorer(Path folder) {
    Path base = base(folder);
    RewardModel model =
        new RewardModel(
            tuning
                .loader(false)
                .load(base, isAdapter(folder) ? Optional.of(folder) : Optional.empty()),
            Tokenizer.load(base),
            DataSettings.defaults(),
            SCORED_TOGETHER,
            folder.toString());
    return completions ->
        model.scores(
            completions.stream()
                .map(c -> model.encode(1, new Example.PromptCompletion(c.prompt(), c.text())))
                .toList());
  }

  /** Refuses files and folders that are not there, and what is no pattern. */
  static void require(RewardSourceSettings settings) {
    settings.function().ifPresent(given -> UserCode.of(given).require("--reward"));
    settings
        .model()
        .filter(folder -> !Files.exists(folder))
        .ifPresent(
            folder -> {
              throw new UsageException("reward.model is '" + folder + "', which does not exist");
            });
    settings.regex().ifPresent(RewardSource::regex);
  }

  /** 1 for answers that match as a whole, else 0. */
  static RewardFunction regex(String text) {
    try {
      Pattern pattern = Pattern.compile(text, Pattern.DOTALL);
      return completions ->
          completions.stream()
              .mapToDouble(c -> pattern.matcher(c.text().strip()).matches() ? 1 : 0)
              .toArray();
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "reward.regex is no pattern: " + e.getDescription() + " at " + e.getIndex());
    }
  }

  /** Posts answers as JSON and reads scores. */
  static RewardFunction http(String address) {
    URI uri;
    try {
      uri = URI.create(address);
    } catch (IllegalArgumentException e) {
      throw new UsageException("reward.url is '" + address + "', not an address");
    }
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();
    return completions -> {
      ObjectNode body = JSON.createObjectNode();
      ArrayNode all = body.putArray("completions");
      completions.forEach(
          c -> {
            ObjectNode one = all.addObject().put("prompt", c.prompt()).put("completion", c.text());
            one.put("ended", c.ended()).set("columns", JSON.valueToTree(c.columns()));
          });
      return scores(post(client, uri, body.toString()), uri);
    };
  }

  private static String post(HttpClient client, URI uri, String body) {
    try {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(uri)
                  .timeout(PATIENCE)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new LuthierException(uri + " answered with status " + response.statusCode() + SEE);
      }
      return response.body();
    } catch (IOException e) {
      throw new LuthierException(uri + " cannot be reached: " + Reason.of(e) + "." + SEE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LuthierException("interrupted while " + uri + " scored answers", e);
    }
  }

  private static double[] scores(String body, URI uri) {
    try {
      JsonNode scores = JSON.readTree(body).path("scores");
      if (!scores.isArray()) {
        throw new LuthierException(uri + " answered without a list \"scores\"." + SEE);
      }
      double[] out = new double[scores.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = scores.get(i).isNull() ? Double.NaN : scores.get(i).asDouble(Double.NaN);
      }
      return out;
    } catch (IOException e) {
      throw new LuthierException(uri + " answered what is not JSON." + SEE, e);
    }
  }
}
