package dev.luthier.server;

import dev.luthier.LuthierException;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineBusyException;
import dev.luthier.serve.EngineListener;
import dev.luthier.serve.EngineRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A request's texts while the engine writes them; closing it gives up what has not ended. */
final class Generating implements AutoCloseable {
  /** How often a client's connection is looked at. */
  private static final long GLANCE_NANOS = Duration.ofMillis(200).toNanos();

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<Engine.Cancellation> running = new ArrayList<>();
  private final Client client;
  private final Duration limit;
  private final long deadline;
  private long looked = System.nanoTime();

  private Generating(Client client, Duration limit) {
    this.client = client;
    this.limit = limit;
    this.deadline = System.nanoTime() + limit.toNanos();
  }

  /**
   * Queues all of them, or none.
   *
   * @throws ApiException 429 if the queue is full, 400 if a prompt is refused or there are more
   *     than the engine can ever have
   */
  static Generating submit(
      Engine engine, List<EngineRequest> requests, Client client, Duration limit) {
    if (requests.size() > engine.maxRequests()) {
      throw ApiException.invalid(
          "n",
          "the request asks for "
              + requests.size()
              + " texts, and the server holds "
              + engine.maxRequests()
              + " at most: send them in parts, or start it with a larger --max-queue");
    }
    Generating all = new Generating(client, limit);
    try {
      for (int i = 0; i < requests.size(); i++) {
        all.running.add(engine.submit(requests.get(i), all.listener(i)));
      }
      return all;
    } catch (EngineBusyException e) {
      all.close();
      throw ApiException.later(429, "queue_full", e.retryAfter(), String.valueOf(e.getMessage()));
    } catch (LuthierException e) {
      all.close();
      throw ApiException.invalid("", String.valueOf(e.getMessage()));
    }
  }

  private EngineListener listener(int index) {
    return new EngineListener() {
      @Override
      public void prompt(List<ScoredToken> tokens) {
        events.add(new Event.Prompt(index, tokens));
      }

      @Override
      public void token(ScoredToken token, String text) {
        events.add(new Event.Token(index, token, text));
      }

      @Override
      public void ended(Answer answer) {
        events.add(new Event.Ended(index, answer));
      }

      @Override
      public void failed(LuthierException problem) {
        events.add(new Event.Failed(index, problem));
      }
    };
  }

  /**
   * Waits for what comes next.
   *
   * @throws ClientGoneException if the client went away
   * @throws ApiException 504 when the time is over
   */
  Event next() throws ClientGoneException {
    while (true) {
      look();
      try {
        Event event = events.poll(GLANCE_NANOS, TimeUnit.NANOSECONDS);
        if (event != null) {
          return event;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ApiException.failed(503, "stopping", "the server is stopping");
      }
    }
  }

  private void look() throws ClientGoneException {
    long now = System.nanoTime();
    if (now - deadline > 0) {
      throw ApiException.failed(
          504,
          "timeout",
          "the answer took longer than "
              + limit.toSeconds()
              + " s; ask for fewer tokens, or start the server with a longer --timeout");
    }
    if (now - looked > GLANCE_NANOS) {
      looked = now;
      if (client.gone()) {
        throw new ClientGoneException();
      }
    }
  }

  @Override
  public void close() {
    running.forEach(Engine.Cancellation::cancel);
  }
}
