package dev.luthier.server;

import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineAdapter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What all routes share: the engine once there is one, the names of models, and room for requests.
 */
final class Serving {
  private static final Duration SOON = Duration.ofSeconds(2);

  private final ServerSettings settings;
  private final Metrics metrics = new Metrics();
  private final Speech.Remembered speeches = new Speech.Remembered();
  private volatile Optional<Engine> engine = Optional.empty();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final Semaphore room;
  private final Instant started = Instant.now();

  Serving(ServerSettings settings) {
    this.settings = settings;
    this.room = new Semaphore(settings.limits().requests());
  }

  ServerSettings settings() {
    return settings;
  }

  Metrics metrics() {
    return metrics;
  }

  Instant started() {
    return started;
  }

  void ready(Engine loaded) {
    engine = Optional.of(loaded);
  }

  /** Takes no more requests. */
  void stop() {
    stopping.set(true);
  }

  boolean stopping() {
    return stopping.get();
  }

  Optional<Engine> loaded() {
    return engine;
  }

  /**
   * The engine.
   *
   * @throws ApiException 503 while it is being loaded, and once the server stops
   */
  Engine engine() {
    if (stopping.get()) {
      throw ApiException.later(503, "stopping", SOON, "the server is stopping");
    }
    return loaded()
        .orElseThrow(
            () -> ApiException.later(503, "loading", SOON, "the model is still being loaded"));
  }

  /**
   * Takes a request's room, until it is closed.
   *
   * @throws ApiException 429 if there is none
   */
  Room enter() {
    if (!room.tryAcquire()) {
      throw ApiException.later(
          429,
          "too_many_requests",
          SOON,
          "the server answers "
              + settings.limits().requests()
              + " requests already; try again later");
    }
    return room::release;
  }

  /** Waits for the requests that are being answered. */
  boolean awaitQuiet(Duration limit) {
    try {
      return room.tryAcquire(settings.limits().requests(), limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * The adapter that a request's {@code model} names; empty for the model itself, also where the
   * field is left out.
   *
   * @throws ApiException 404 if it names neither
   */
  Optional<String> adapter(Fields request) {
    Optional<String> model = request.text("model");
    if (model.isEmpty() || model.get().equals(settings.modelName())) {
      return Optional.empty();
    }
    for (EngineAdapter adapter : engine().adapters()) {
      if (adapter.name().equals(model.get())) {
        return model;
      }
    }
    throw ApiException.refused(
        404,
        "model",
        "model_not_found",
        "there is no model " + shortened(model.get()) + "; GET /v1/models lists those there are");
  }

  /** What is made of a language once. */
  Speech speech(Engine loaded, Optional<String> adapter) {
    return speeches.of(loaded.language(adapter));
  }

  /** What an answer calls the model. */
  String name(Optional<String> adapter) {
    return adapter.orElse(settings.modelName());
  }

  private static String shortened(String name) {
    return name.length() > 100 ? name.substring(0, 100) + "..." : name;
  }

  /** A request's room. */
  interface Room extends AutoCloseable {
    @Override
    void close();
  }
}
