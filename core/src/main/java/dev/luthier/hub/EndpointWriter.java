package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * An endpoint that speaks OpenAI's chat protocol: {@code POST BASE/chat/completions}.
 *
 * <p>What may pass (status 408, 409, 425, 429, 5xx, a cut connection, no answer in time, an answer
 * that is not of the protocol) is tried again; anything else is an error at once, which names
 * address, status and what the endpoint said: a {@link RequestRefused} where another request may
 * fare better (400, 413, 422). Of a response {@link #MOST_BYTES} are read at most. Redirects are
 * not followed, so the key reaches no other host.
 */
public final class EndpointWriter implements TextWriter {
  private static final String PATH = "/chat/completions";

  /** Of an answer; a hundred thousand tokens take less than one of these 16 MiB. */
  static final int MOST_BYTES = 16 << 20;

  /** An error's body is shown up to here. */
  private static final int SHOWN = 300;

  private final URI address;
  private final String model;
  private final Optional<ApiKey> key;
  private final Options options;
  private final HttpClient client;

  /**
   * How an endpoint is spoken to.
   *
   * @param timeout for an answer, to its last byte
   * @param retries what is done when none comes
   * @param parallel requests under way at a time
   * @param lengthField what the endpoint calls the most tokens of an answer: {@code max_tokens}, or
   *     {@code max_completion_tokens}
   * @param waiting hears why a request is sent again, and after how long; from several threads
   */
  public record Options(
      Duration timeout,
      Retries retries,
      int parallel,
      String lengthField,
      Consumer<String> waiting) {}

  /**
   * @param base such as {@code http://localhost:8000/v1}
   * @param model the name that the endpoint knows it by
   * @throws UsageException when the address cannot be meant
   */
  public EndpointWriter(String base, String model, Optional<ApiKey> key, Options options) {
    this.address = address(base);
    this.model = model;
    this.key = key;
    this.options = options;
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(options.timeout())
            .build();
  }

  /**
   * The address that requests go to.
   *
   * @throws UsageException when the base is no http(s) address, or carries a password
   */
  public static URI address(String base) {
    String trimmed = base.strip().replaceFirst("/+$", "");
    String hint = ": expected an address such as http://localhost:8000/v1";
    URI uri;
    try {
      uri = new URI(trimmed.endsWith(PATH) ? trimmed : trimmed + PATH);
    } catch (URISyntaxException e) {
      throw new UsageException("--endpoint " + base + hint);
    }
    if (uri.getUserInfo() != null) {
      throw new UsageException(
          "--endpoint has a user's name or password in it: give the key by --api-key-file");
    }
    boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!web || uri.getHost() == null || uri.getQuery() != null || uri.getFragment() != null) {
      throw new UsageException("--endpoint " + base + hint);
    }
    return uri;
  }

  @Override
  public String name() {
    return model;
  }

  @Override
  public Optional<String> host() {
    return Optional.of(address.getAuthority());
  }

  @Override
  public int parallel() {
    return options.parallel();
  }

  @Override
  public Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
    HttpRequest http = http(request);
    for (int retry = 0; !stop.getAsBoolean() && !Thread.currentThread().isInterrupted(); retry++) {
      Attempt attempt = attempt(http);
      if (attempt.reply().isPresent()) {
        return attempt.reply();
      }
      if (Thread.currentThread().isInterrupted()) {
        return Optional.empty();
      }
      if (retry == options.retries().retries()) {
        throw new LuthierException(
            address
                + ": "
                + attempt.problem()
                + (retry == 0 ? "" : "; tried " + (retry + 1) + " times"));
      }
      double random = ThreadLocalRandom.current().nextDouble();
      Duration wait = attempt.asked().orElse(options.retries().pause(retry, random));
      options.waiting().accept(attempt.problem() + "; sent again in " + Http.seconds(wait) + " s");
      Http.sleep(wait, stop);
    }
    return Optional.empty();
  }

  private HttpRequest http(WriteRequest request) {
    HttpRequest.Builder http =
        HttpRequest.newBuilder(address)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    ChatProtocol.body(request, model, options.lengthField())));
    key.ifPresent(k -> http.header("Authorization", k.bearer()));
    return http.build();
  }

  /**
   * What came of sending a request once.
   *
   * @param problem why there is no reply
   * @param asked how long the endpoint asks to wait
   */
  private record Attempt(Optional<Reply> reply, String problem, Optional<Duration> asked) {
    static Attempt failed(String problem) {
      return new Attempt(Optional.empty(), problem, Optional.empty());
    }
  }

  /**
   * @throws LuthierException when trying again is of no use
   */
  private Attempt attempt(HttpRequest request) {
    Http.Outcome<CappedBody.Text> outcome =
        Http.send(
            client, request, header -> new CappedBody(MOST_BYTES), options.timeout(), () -> 0);
    return outcome.response().map(this::judge).orElseGet(() -> Attempt.failed(outcome.problem()));
  }

  private Attempt judge(HttpResponse<CappedBody.Text> response) {
    int status = response.statusCode();
    String body = response.body().text();
    if (status == 200) {
      if (!response.body().whole()) {
        throw new LuthierException(
            address
                + ": the answer has more than "
                + (MOST_BYTES >> 20)
                + " MiB, which no chat completion needs; is this the right address?");
      }
      return ChatProtocol.reply(body)
          .map(reply -> new Attempt(Optional.of(reply), "", Optional.empty()))
          .orElseGet(
              () ->
                  Attempt.failed("answered something else than a chat completion: " + said(body)));
    }
    String problem = "status " + status + ": " + said(body);
    if (status == 400 || status == 413 || status == 422) {
      throw new RequestRefused(address + ": " + problem);
    }
    if (!Http.passing(status)) {
      throw new LuthierException(address + ": " + problem + advice(status));
    }
    return new Attempt(
        Optional.empty(), problem, Http.asked(response.headers(), address.toString(), problem));
  }

  private String said(String body) {
    String line = ChatProtocol.complaint(body);
    String shown = key.map(k -> k.redact(line)).orElse(line);
    return shown.length() > SHOWN ? shown.substring(0, SHOWN) + "..." : shown;
  }

  private String advice(int status) {
    return switch (status) {
      case 401, 403 ->
          key.isPresent()
              ? " (is the API key the right one? --api-key-file wins over LUTHIER_API_KEY)"
              : " (give a key by --api-key-file or LUTHIER_API_KEY)";
      case 404 -> " (does the base end before /chat/completions, and is " + model + " its model?)";
      default -> "";
    };
  }
}
