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
import dev.luthier.train.policy.RewardSum;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/**
 * Where the rewards of a run come from: users' classes, patterns, reward models, addresses; one of
 * them, or several by weight.
 */
final class RewardSources {
  private static final String SEE = " See docs/policy.md#rewards";
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Answers that a reward model scores at a time. */
  private static final int SCORED_TOGETHER = 16;

  private final RewardSourceSettings settings;
  private final TunedSettings run;
  private final Tuning tuning;

  /**
   * Sources.
   *
   * @param run whose base reward models' adapters belong to, and whose precision they have
   * @param tuning of the same run
   */
  RewardSources(RewardSourceSettings settings, TunedSettings run, Tuning tuning) {
    this.settings = settings;
    this.run = run;
    this.tuning = tuning;
  }

  /** Refuses files and folders that are not there, and what is no pattern. */
  static void require(RewardSourceSettings settings) {
    settings.function().forEach(given -> UserCode.of(given).require("--reward"));
    for (Path folder : settings.model()) {
      if (!Files.exists(folder)) {
        throw new UsageException("reward.model is '" + folder + "', which does not exist");
      }
    }
    settings.regex().forEach(RewardSources::regex);
  }

  /** Those that are files or folders, by what they are called among a run's inputs. */
  static Map<String, Path> files(RewardSourceSettings settings) {
    Map<String, Path> out = new LinkedHashMap<>();
    settings.function().forEach(f -> out.put(named(f), UserCode.of(f).file()));
    settings.model().forEach(m -> out.put(named(m.toString()), m));
    return out;
  }

  /** The SHA-256 of each, by the same names. */
  Map<String, String> hashes() {
    Map<String, String> out = new LinkedHashMap<>();
    settings.function().forEach(f -> out.put(named(f), UserCode.of(f).hash()));
    settings.model().forEach(m -> out.put(named(m.toString()), Hashes.folder(m)));
    return out;
  }

  private static String named(String source) {
    return "reward " + source;
  }

  /**
   * What they are, a line each.
   *
   * @param hashes of the run's inputs
   */
  List<String> words(Map<String, String> hashes) {
    List<String> out = new ArrayList<>();
    for (String source : settings.all()) {
      double weight = settings.weight(out.size());
      String hash = hashes.get(named(source));
      out.add(
          "reward: "
              + (weight == 1 ? "" : weight + " times ")
              + (settings.regex().contains(source) ? "1 for answers that match " : "")
              + source
              + (hash == null ? "" : " (SHA-256 " + hash + ")"));
    }
    return out;
  }

  /** What they take in memory: reward models' weights. */
  long bytes() {
    return settings.model().stream()
        .map(this::base)
        .mapToLong(
            base ->
                MemoryCount.frozen(
                    Outline.of(
                        ModelLoader.config(base), HfFolder.configName(base), Optional.empty()),
                    tuning.quant(),
                    run.train().dtype()))
        .sum();
  }

  /** What gives the scores; reward models are loaded. */
  RewardSum load() {
    List<RewardFunction> functions = new ArrayList<>();
    settings.function().forEach(f -> functions.add(UserCode.of(f).make(RewardFunction.class)));
    settings.regex().forEach(pattern -> functions.add(regex(pattern)));
    settings.model().forEach(folder -> functions.add(scorer(folder)));
    settings.url().forEach(url -> functions.add(http(url)));
    List<String> names = settings.all();
    return new RewardSum(
        IntStream.range(0, names.size())
            .mapToObj(i -> new RewardSum.Part(names.get(i), settings.weight(i), functions.get(i)))
            .toList());
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
