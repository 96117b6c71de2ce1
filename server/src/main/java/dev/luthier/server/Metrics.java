package dev.luthier.server;

import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineStats;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts and times, as Prometheus reads them (text format 0.0.4). */
final class Metrics {
  private static final double[] SECONDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300
  };

  /** Labels to requests. */
  private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();

  private final Map<String, Histogram> latency = new ConcurrentSkipListMap<>();
  private final Histogram firstToken = new Histogram();
  private final LongAdder cancelled = new LongAdder();

  /** A request was answered. */
  void answered(String route, int status, double seconds) {
    requests
        .computeIfAbsent(
            "route=\"" + route + "\",status=\"" + status + "\"", labels -> new LongAdder())
        .increment();
    latency.computeIfAbsent("route=\"" + route + "\"", labels -> new Histogram()).observe(seconds);
  }

  /** An answer's first token came, so long after the request. */
  void firstToken(double seconds) {
    firstToken.observe(seconds);
  }

  /** A client went away. */
  void clientGone() {
    cancelled.increment();
  }

  /** All of it, with what the engine tells. */
  String text(Optional<Engine> engine) {
    StringBuilder text = new StringBuilder();
    head(text, "requests_total", "counter", "HTTP requests by route and status");
    requests.forEach((labels, n) -> line(text, "requests_total{" + labels + "}", n.sum()));
    one(
        text,
        "clients_gone_total",
        "counter",
        "Clients that left before their answer's end",
        cancelled.sum());
    head(text, "request_seconds", "histogram", "Seconds from a request to its answer's end");
    latency.forEach((labels, h) -> h.write(text, "request_seconds", labels));
    head(text, "first_token_seconds", "histogram", "Seconds from a request to its first token");
    firstToken.write(text, "first_token_seconds", "");
    engine.ifPresent(loaded -> engine(text, loaded));
    return text.toString();
  }

  private static void engine(StringBuilder text, Engine engine) {
    EngineStats stats = engine.stats();
    one(text, "running", "gauge", "Texts that are being decoded", stats.running());
    one(text, "waiting", "gauge", "Texts in the queue", stats.waiting());
    one(text, "prompt_tokens_total", "counter", "Prompt tokens read", stats.promptTokens());
    one(
        text,
        "cached_tokens_total",
        "counter",
        "Prompt tokens found in the cache",
        stats.cachedTokens());
    one(text, "generated_tokens_total", "counter", "Tokens generated", stats.generatedTokens());
    one(text, "texts_total", "counter", "Texts ended", stats.requests());
    one(text, "steps_total", "counter", "Forward passes", stats.steps());
    one(text, "cache_pages_used", "gauge", "Pages of keys and values in use", stats.cacheUsed());
    one(text, "cache_pages", "gauge", "Pages of keys and values", stats.cachePages());
    one(text, "adapters", "gauge", "Adapters loaded", engine.adapters().size());
  }

  private static void one(StringBuilder text, String name, String type, String help, long value) {
    head(text, name, type, help);
    line(text, name, value);
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP luthier_").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE luthier_").append(name).append(' ').append(type).append('\n');
  }

  private static void line(StringBuilder text, String name, Object value) {
    text.append("luthier_").append(name).append(' ').append(value).append('\n');
  }

  /** Observations by upper bound. */
  private static final class Histogram {
    private final long[] counts = new long[SECONDS.length + 1];
    private double sum;

    synchronized void observe(double seconds) {
      int at = Arrays.binarySearch(SECONDS, seconds);
      counts[at < 0 ? -at - 1 : at]++;
      sum += seconds;
    }

    synchronized void write(StringBuilder text, String name, String labels) {
      String before = labels.isEmpty() ? "" : labels + ",";
      String alone = labels.isEmpty() ? "" : "{" + labels + "}";
      long all = 0;
      for (int i = 0; i < counts.length; i++) {
        all += counts[i];
        String bound = i == SECONDS.length ? "+Inf" : Double.toString(SECONDS[i]);
        line(text, name + "_bucket{" + before + "le=\"" + bound + "\"}", all);
      }
      line(text, name + "_sum" + alone, String.format(Locale.ROOT, "%.6f", sum));
      line(text, name + "_count" + alone, all);
    }
  }
}
