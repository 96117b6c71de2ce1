package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A large file to where the hub stores such: asked for by Git LFS's batch protocol, sent in one
 * request or in the parts that the hub names, to addresses that are signed for a while.
 */
final class LfsUpload {
  private static final String JSON = "application/vnd.git-lfs+json";
  private static final Set<String> RESTRICTED =
      Set.of("host", "content-length", "connection", "expect", "upgrade");

  private final HubClient client;
  private final HubReference to;
  private final LocalFile file;

  LfsUpload(HubClient client, HubReference to, LocalFile file) {
    this.client = client;
    this.to = to;
    this.file = file;
  }

  /** A signed address no longer takes what it was signed for. */
  private static final class Expired extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Expired(String message) {
      super(message);
    }
  }

  /**
   * Sends it, unless the hub has it.
   *
   * @return whether it was sent
   * @throws LuthierException when the hub will not take it
   */
  boolean run() {
    Patience patience =
        new Patience(client.settings().retries(), client.listener(), "upload of " + file.path());
    while (true) {
      JsonNode actions = actions();
      JsonNode upload = actions.path("upload");
      if (upload.isMissingNode()) {
        client.listener().moved(file.size());
        return false;
      }
      AtomicLong told = new AtomicLong();
      try {
        if (upload.path("header").has("chunk_size")) {
          parts(upload, told);
        } else {
          put(upload, told);
        }
        verify(actions.path("verify"));
        return true;
      } catch (Expired e) {
        client.listener().moved(-told.get());
        patience.failed(String.valueOf(e.getMessage()), Optional.empty());
      }
    }
  }

  /** What the hub wants done with the file: nothing if it has it. */
  private JsonNode actions() {
    ObjectNode body = Json.object();
    body.put("operation", "upload").put("hash_algo", "sha256");
    body.putArray("transfers").add("basic").add("multipart");
    body.putObject("ref").put("name", to.revision());
    body.putArray("objects").addObject().put("oid", file.sha256()).put("size", file.size());
    JsonNode object =
        post(client.address(to.repo().page() + ".git/info/lfs/objects/batch"), body, JSON)
            .at("/objects/0");
    JsonNode error = object.path("error");
    if (object.isMissingNode() || !error.isMissingNode()) {
      throw new LuthierException(
          "the hub will not take "
              + file.path()
              + ": "
              + client.refusal().said(error.path("message").asText("it does not say why")));
    }
    return object.path("actions");
  }

  private JsonNode post(URI address, ObjectNode body, String type) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .header("Accept", type)
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    HubClient.Answer answer = client.send(request, Set.of(), to);
    if (answer.status() / 100 != 2) {
      if (!client.isHub(address)) {
        throw new Expired("status " + answer.status());
      }
      throw client.refuse(answer, to);
    }
    return answer.body();
  }

  private void put(JsonNode upload, AtomicLong told) {
    send(URI.create(upload.path("href").asText()), upload.path("header"), 0, file.size(), told);
  }

  /** Parts have numbers from 1 as the names of header fields. */
  private void parts(JsonNode upload, AtomicLong told) {
    long bytes = upload.at("/header/chunk_size").asLong();
    Map<Integer, URI> addresses = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : upload.path("header").properties()) {
      if (entry.getKey().matches("\\d{1,6}")) {
        addresses.put(Integer.valueOf(entry.getKey()), URI.create(entry.getValue().asText()));
      }
    }
    if (bytes < 1 || addresses.size() != (file.size() + bytes - 1) / bytes) {
      throw new LuthierException(
          "the hub asks for "
              + file.path()
              + " in "
              + addresses.size()
              + " parts of "
              + bytes
              + " bytes, which are not its "
              + file.size());
    }
    ObjectNode body = Json.object().put("oid", file.sha256());
    ArrayNode done = body.putArray("parts");
    long at = 0;
    for (Map.Entry<Integer, URI> part : addresses.entrySet()) {
      long end = Math.min(file.size(), at + bytes);
      String etag =
          send(part.getValue(), Json.object(), at, end, told)
              .headers()
              .firstValue("ETag")
              .orElseThrow(() -> new Expired("the storage confirms no part"));
      done.addObject().put("partNumber", part.getKey()).put("etag", etag);
      at = end;
    }
    post(URI.create(upload.path("href").asText()), body, JSON);
  }

  private HttpResponse<CappedBody.Text> send(
      URI address, JsonNode header, long from, long end, AtomicLong told) {
    Patience patience =
        new Patience(client.settings().retries(), client.listener(), "upload of " + file.path());
    while (true) {
      FileSlice slice =
          new FileSlice(
              file.file(),
              from,
              end,
              n -> {
                told.addAndGet(n);
                client.listener().moved(n);
              });
      HttpRequest.Builder request = HttpRequest.newBuilder(address).PUT(slice.publisher());
      for (Map.Entry<String, JsonNode> field : header.properties()) {
        if (!RESTRICTED.contains(field.getKey().toLowerCase(Locale.ROOT))) {
          request.header(field.getKey(), field.getValue().asText());
        }
      }
      Http.Outcome<CappedBody.Text> outcome =
          client.once(request, head -> new CappedBody(1 << 16), told::get);
      int status = outcome.response().map(HttpResponse::statusCode).orElse(0);
      if (status / 100 == 2) {
        return outcome.response().orElseThrow();
      }
      slice.takeBack();
      if (status != 0 && !Http.passing(status)) {
        throw new Expired("the storage refuses it (status " + status + ")");
      }
      String problem = status == 0 ? outcome.problem() : "status " + status;
      patience.failed(
          problem,
          outcome
              .response()
              .flatMap(r -> Http.asked(r.headers(), HubClient.shown(address), problem)));
    }
  }

  private void verify(JsonNode action) {
    if (action.path("href").isTextual()) {
      post(
          URI.create(action.path("href").asText()),
          Json.object().put("oid", file.sha256()).put("size", file.size()),
          JSON);
    }
  }
}
