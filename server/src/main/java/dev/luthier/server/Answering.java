package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.generate.StopReason;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineListener.Answer;
import dev.luthier.serve.EngineRequest;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Answers with texts: all at once, or as server-sent events. Both end with the engine giving up
 * what has not ended, however they end.
 */
final class Answering {
  private final Context ctx;
  private final Serving serving;
  private final Ask ask;
  private final ObjectNode head = Json.object();
  private final long asked = System.nanoTime();
  private final Text[] texts;

  /**
   * What is asked.
   *
   * @param model the name by which it was asked for
   * @param requests prompt after prompt, each so many times
   * @param perPrompt how many texts a prompt gets
   * @param stream whether pieces are sent as they come
   * @param includeUsage whether a stream ends with its usage
   * @param stopIds tokens that end a text and are no part of it
   */
  record Ask(
      String model,
      List<EngineRequest> requests,
      int perPrompt,
      boolean stream,
      boolean includeUsage,
      Set<Integer> stopIds,
      Wording wording) {}

  Answering(Context ctx, Serving serving, Ask ask) {
    this.ctx = ctx;
    this.serving = serving;
    this.ask = ask;
    this.texts = new Text[ask.requests().size()];
    head.put("id", ask.wording().idPrefix() + UUID.randomUUID().toString().replace("-", ""));
    head.put("object", ask.wording().object(ask.stream()));
    head.put("created", Instant.now().getEpochSecond());
    head.put("model", ask.model());
  }

  /**
   * Answers.
   *
   * @throws ApiException as {@link Generating}
   */
  void answer(Engine engine) {
    Client client = new Client(ctx);
    try (Generating generating =
        Generating.submit(engine, ask.requests(), client, serving.settings().limits().time())) {
      if (ask.stream()) {
        stream(generating);
      } else {
        whole(generating);
      }
    } catch (ClientGoneException e) {
      serving.metrics().clientGone();
      ctx.status(499); // nginx's number for it; nobody reads it but the metrics
    }
  }

  private void whole(Generating generating) throws ClientGoneException {
    Text.Gathering gathering = new Text.Gathering(texts.length);
    for (int left = texts.length, heard = 0; left > 0; heard++) {
      Event event = next(generating, heard);
      if (event instanceof Event.Prompt prompt) {
        gathering.add(prompt);
      } else if (event instanceof Event.Token token && isText(token)) {
        gathering.add(token);
      } else if (event instanceof Event.Ended ended) {
        texts[ended.index()] = gathering.end(ended);
        left--;
      }
    }
    ObjectNode body = head.deepCopy();
    ArrayNode choices = body.putArray("choices");
    for (Text text : texts) {
      choices.add(ask.wording().whole(text));
    }
    body.set("usage", usage());
    Body.write(ctx, 200, body);
  }

  private void stream(Generating generating) throws ClientGoneException {
    EventStream out = new EventStream(ctx);
    try {
      Text.Gathering gathering = new Text.Gathering(texts.length);
      for (int left = texts.length, heard = 0; left > 0; heard++) {
        Event event = next(generating, heard);
        if (heard == 0) {
          open(out);
        }
        if (event instanceof Event.Prompt prompt) {
          gathering.add(prompt);
          chunks(out, ask.wording().prompt(prompt));
        } else if (event instanceof Event.Token token && isText(token)) {
          gathering.add(token);
          chunks(out, ask.wording().piece(token));
        } else if (event instanceof Event.Ended ended) {
          texts[ended.index()] = gathering.end(ended);
          chunks(out, ask.wording().closing(texts[ended.index()]));
          left--;
        }
      }
      if (ask.includeUsage()) {
        ObjectNode last = head.deepCopy();
        last.putArray("choices");
        last.set("usage", usage());
        out.send(last);
      }
      out.done();
    } catch (ApiException e) {
      if (!out.begun()) {
        throw e;
      }
      fail(out, e);
    } catch (IOException e) {
      throw new ClientGoneException();
    }
  }

  /** Too late for a status: the stream itself says what happened. */
  private static void fail(EventStream out, ApiException problem) throws ClientGoneException {
    try {
      out.send(problem.body());
      out.done();
    } catch (IOException e) {
      throw new ClientGoneException();
    }
  }

  private void open(EventStream out) throws IOException {
    for (int i = 0; i < texts.length; i++) {
      chunks(out, ask.wording().opening(i));
    }
  }

  private void chunks(EventStream out, List<ObjectNode> choices) throws IOException {
    for (ObjectNode choice : choices) {
      ObjectNode chunk = head.deepCopy();
      chunk.putArray("choices").add(choice);
      if (ask.includeUsage()) {
        chunk.putNull("usage");
      }
      out.send(chunk);
    }
  }

  /** The token that ends a text says nothing. */
  private boolean isText(Event.Token token) {
    return !token.text().isEmpty() || !ask.stopIds().contains(token.token().id());
  }

  private Event next(Generating generating, int heard) throws ClientGoneException {
    Event event = generating.next();
    if (heard == 0) {
      serving.metrics().firstToken((System.nanoTime() - asked) / 1e9);
    }
    if (event instanceof Event.Failed failed) {
      throw ApiException.failed(500, "engine", String.valueOf(failed.problem().getMessage()));
    }
    if (event instanceof Event.Ended ended && ended.answer().stopReason() == StopReason.CANCELLED) {
      throw ApiException.failed(503, "stopping", "the server is stopping");
    }
    return event;
  }

  /** A prompt counts once, however many texts it gets. */
  private ObjectNode usage() {
    int prompt = 0;
    int cached = 0;
    int written = 0;
    for (int i = 0; i < texts.length; i++) {
      Answer answer = texts[i].answer();
      written += answer.tokens().length;
      if (i % ask.perPrompt() == 0) {
        prompt += answer.promptTokens();
        cached += answer.cachedTokens();
      }
    }
    ObjectNode usage = Json.object();
    usage.put("prompt_tokens", prompt);
    usage.put("completion_tokens", written);
    usage.put("total_tokens", prompt + written);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
    return usage;
  }
}
