package dev.luthier.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.luthier.LuthierException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Requests to the hub. The token goes to the endpoint's own scheme, host and port and nowhere else:
 * redirects are followed by hand, and without it to any other place.
 */
final class HubClient {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MOST_BYTES = 64 << 20;
  private static final int MOST_REDIRECTS = 5;

  private final HubSettings settings;
  private final TransferListener listener;
  private final HubRefusal refusal;
  private final HttpClient client;

  HubClient(HubSettings settings, TransferListener listener) {
    this.settings = settings;
    this.listener = listener;
    this.refusal = new HubRefusal(settings);
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(settings.patience())
            .build();
  }

  HubSettings settings() {
    return settings;
  }

  TransferListener listener() {
    return listener;
  }

  HubRefusal refusal() {
    return refusal;
  }

  /**
   * An answer.
   *
   * @param body its JSON; missing where it has none
   */
  record Answer(HttpResponse<CappedBody.Text> response, JsonNode body) {
    int status() {
      return response.statusCode();
    }
  }

  /** Where a path of the hub is. */
  URI address(String path) {
    return URI.create(settings.endpoint() + path);
  }

  /** A path's parts, each as it stands in an address. */
  static String quoted(String path) {
    StringBuilder out = new StringBuilder();
    for (String part : path.split("/", -1)) {
      out.append(out.isEmpty() ? "" : "/").append(quotedWhole(part));
    }
    return out.toString();
  }

  /** A text as one part of an address: slashes, too, are written as {@code %2F}. */
  static String quotedWhole(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * Reads JSON.
   *
   * @throws LuthierException when there is none, saying what to do
   */
  Answer get(URI address, HubReference about) {
    Answer answer = send(HttpRequest.newBuilder(address).GET(), Set.of(), about);
    if (answer.status() != 200) {
      throw refuse(answer, about);
    }
    return answer;
  }

  LuthierException refuse(Answer answer, HubReference about) {
    return refusal.of(
        about,
        Optional.empty(),
        answer.status(),
        answer.response().headers(),
        answer.response().body().text());
  }

  /**
   * Sends a request until it is answered with something that is not passing.
   *
   * @param answers passing statuses that are an answer here
   * @return whatever the status
   */
  Answer send(HttpRequest.Builder request, Set<Integer> answers, HubReference about) {
    offlineCheck(about);
    URI address = request.build().uri();
    Patience patience = new Patience(settings.retries(), listener, shown(address));
    int redirects = 0;
    while (true) {
      Http.Outcome<CappedBody.Text> outcome =
          once(request.copy().uri(address), header -> new CappedBody(MOST_BYTES), () -> 0);
      if (outcome.response().isEmpty()) {
        if (outcome.reached()) {
          patience.failed(outcome.problem(), Optional.empty());
        } else {
          patience.unreachable(outcome.problem());
        }
        continue;
      }
      HttpResponse<CappedBody.Text> response = outcome.response().get();
      Optional<URI> moved = location(response);
      if (moved.isPresent() && redirects++ < MOST_REDIRECTS) {
        address = moved.get();
      } else if (Http.passing(response.statusCode()) && !answers.contains(response.statusCode())) {
        String problem =
            "status " + response.statusCode() + " " + refusal.said(response.body().text());
        patience.failed(
            problem.strip(), Http.asked(response.headers(), shown(address), problem.strip()));
      } else if (!response.body().whole()) {
        throw new LuthierException(shown(address) + " answered with more than 64 MiB");
      } else {
        return new Answer(response, json(response.body().text()));
      }
    }
  }

  /** Sends a request once, with the token where it may go. */
  <T> Http.Outcome<T> once(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> body, LongSupplier moved) {
    HttpRequest bare = request.build();
    if (isHub(bare.uri())) {
      settings.token().ifPresent(t -> request.header("Authorization", t.bearer()));
    }
    return Http.send(client, request.build(), body, settings.patience(), moved);
  }

  /** Where a redirect leads. */
  static Optional<URI> location(HttpResponse<?> response) {
    int status = response.statusCode();
    boolean redirect =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return redirect
        ? response.headers().firstValue("Location").map(to -> response.uri().resolve(to))
        : Optional.empty();
  }

  /** Whether an address is the endpoint's own scheme, host and port. */
  boolean isHub(URI uri) {
    URI own = settings.endpoint();
    return Objects.equals(uri.getScheme(), own.getScheme())
        && Objects.equals(uri.getHost(), own.getHost())
        && uri.getPort() == own.getPort();
  }

  /** An address for messages: its query may be a signature. */
  static String shown(URI address) {
    return address.toString().replaceFirst("\\?.*", "");
  }

  private void offlineCheck(HubReference about) {
    if (settings.offline()) {
      throw new LuthierException(
          about
              + " is not wholly in the cache "
              + settings.cache()
              + ", and HF_HUB_OFFLINE forbids to ask the hub: unset it, or run luthier pull where"
              + " there is a network and copy the cache. See docs/troubleshooting.md#hub");
    }
  }

  private static JsonNode json(String text) {
    try {
      return text.isBlank() ? MissingNode.getInstance() : JSON.readTree(text);
    } catch (JsonProcessingException e) {
      // Refusals may be HTML; who expects JSON finds no field.
      return MissingNode.getInstance();
    }
  }
}
