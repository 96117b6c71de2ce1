package dev.luthier.server;

import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.serve.Engine;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.router.Endpoint;
import io.javalin.util.JavalinBindException;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Speaks OpenAI's HTTP interface for an {@link Engine}. It listens before there is an engine: until
 * {@link #serve}, {@code /health} answers and everything else says that the model is being loaded.
 *
 * <pre>{@code
 * try (Server server = Server.start(ServerSettings.local("base"), System.err::println)) {
 *   server.serve(engine);
 *   ...
 * }
 * }</pre>
 */
public final class Server implements AutoCloseable {
  /** Threads that answer what needs no room: health, metrics, the page. */
  private static final int SPARE_THREADS = 16;

  private static final Duration LAST_BYTES = Duration.ofSeconds(5);

  private final Serving serving;
  private final Javalin http;
  private final Consumer<String> problems;

  private Server(ServerSettings settings, Consumer<String> problems) {
    this.serving = new Serving(settings);
    this.problems = problems;
    this.http = Javalin.create(this::configure);
  }

  /**
   * Listens.
   *
   * @param problems hears of failures that are the server's own, a line each
   * @throws LuthierException if the port is taken, or the host is not this machine's
   */
  public static Server start(ServerSettings settings, Consumer<String> problems) {
    Server server = new Server(settings, problems);
    try {
      server.http.start(settings.host(), settings.port());
      return server;
    } catch (JavalinBindException e) {
      throw new LuthierException(
          "port "
              + settings.port()
              + " of "
              + settings.host()
              + " cannot be listened on; is another server there? --port 0 takes one that is free."
              + " See docs/troubleshooting.md#serve-port",
          e);
    } catch (RuntimeException e) {
      throw new LuthierException(
          "cannot listen on " + settings.host() + ":" + settings.port() + ": " + root(e), e);
    }
  }

  private static String root(Throwable e) {
    Throwable at = e;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage());
  }

  /** Answers with this engine, which stays its owner's to close. */
  public void serve(Engine engine) {
    serving.ready(engine);
  }

  /** Where it listens. */
  public URI address() {
    String host = serving.settings().host();
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + http.port());
  }

  /** Takes no more requests, and waits until those that it has are answered, up to this long. */
  public void drain(Duration limit) {
    serving.stop();
    serving.loaded().ifPresent(engine -> engine.drain(limit));
    serving.awaitQuiet(LAST_BYTES);
  }

  /** Stops listening. */
  @Override
  public void close() {
    serving.stop();
    http.stop();
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.compressionStrategy = CompressionStrategy.NONE; // it would hold events back
    config.http.prefer405over404 = true;
    int threads = serving.settings().limits().requests() + SPARE_THREADS;
    QueuedThreadPool pool = new QueuedThreadPool(threads, Math.min(8, threads));
    pool.setName("http");
    config.jetty.threadPool = pool;
    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
    config.requestLogger.http(
        (ctx, millis) -> serving.metrics().answered(route(ctx), ctx.statusCode(), millis / 1e3));
    routes(config.routes);
    config.routes.exception(ApiException.class, Server::refuse);
    config.routes.exception(HttpResponseException.class, Server::refuse);
    config.routes.exception(Exception.class, this::fail);
  }

  private void routes(RoutesConfig routes) {
    Gate gate = new Gate(serving.settings());
    routes.before(gate::check);
    ChatRoute chat = new ChatRoute(serving);
    routes.post("/v1/chat/completions", chat::answer);
    routes.post("/v1/completions", new CompletionRoute(serving)::answer);
    routes.post("/v1/embeddings", new EmbeddingRoute(serving)::answer);
    ModelRoutes models = new ModelRoutes(serving);
    routes.get("/v1/models", models::list);
    routes.get("/v1/models/<name>", models::one);
    routes.post("/v1/load_lora_adapter", models::load);
    routes.post("/v1/unload_lora_adapter", models::unload);
    TokenRoutes tokens = new TokenRoutes(serving);
    routes.post("/tokenize", tokens::tokenize);
    routes.post("/detokenize", tokens::detokenize);
    routes.post("/apply-template", tokens::applyTemplate);
    routes.get("/health", ctx -> Body.write(ctx, 200, Json.object().put("status", "ok")));
    routes.get("/ready", this::ready);
    routes.get(
        "/metrics",
        ctx ->
            ctx.contentType("text/plain; version=0.0.4; charset=utf-8")
                .result(serving.metrics().text(serving.loaded())));
    routes.get("/", Page::index);
    routes.get("/page/{name}", Page::file);
  }

  private void ready(Context ctx) {
    serving.engine();
    Body.write(ctx, 200, Json.object().put("status", "ready"));
  }

  private static String route(Context ctx) {
    Endpoint last = ctx.endpoints().lastHttpEndpoint();
    return last == null ? "other" : last.path;
  }

  private static void refuse(ApiException e, Context ctx) {
    e.retrySeconds().ifPresent(seconds -> ctx.header("Retry-After", Long.toString(seconds)));
    Body.write(ctx, e.status(), e.body());
  }

  /** What Javalin refuses itself: unknown routes, wrong methods. */
  private static void refuse(HttpResponseException e, Context ctx) {
    refuse(
        ApiException.refused(
            e.getStatus(),
            "",
            e.getStatus() == 404 ? "not_found" : "not_allowed",
            ctx.method()
                + " "
                + ctx.path()
                + ": "
                + e.getMessage()
                + "; docs/serve.md lists the routes"),
        ctx);
  }

  private void fail(Exception e, Context ctx) {
    problems.accept("error: " + ctx.method() + " " + ctx.path() + ": unexpected " + e);
    if (!ctx.res().isCommitted()) {
      refuse(
          ApiException.failed(500, "internal", "the server failed; its own output says how"), ctx);
    }
  }
}
