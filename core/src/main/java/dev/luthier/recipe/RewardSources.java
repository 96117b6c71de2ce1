package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Reason;
import dev.luthier.train.policy.RewardFunction;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reward functions that are neither models nor of Java: of a pattern, behind an address. */
final class RewardSources {
  private static final String SEE = " See docs/policy.md#rewards";
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private RewardSources() {}

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
    settings.regex().ifPresent(RewardSources::regex);
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
