package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Files of a folder into a repository of the hub: it is created if need be, large files go to its
 * storage, and then one commit names them all. What the repository has already is not sent again.
 */
public final class HubPush {
  private static final int SAMPLE = 512;
  private static final int FILES_PER_QUESTION = 256;

  private final HubSettings settings;
  private final HubClient client;
  private final HubTree tree;

  /** Nothing is asked before a method is called. */
  public HubPush(HubSettings settings, TransferListener listener) {
    this.settings = settings;
    this.client = new HubClient(settings, listener);
    this.tree = new HubTree(client);
  }

  /**
   * What a push has to do.
   *
   * @param head the commit that the revision stands for; empty if there is none yet
   * @param send files that the repository lacks or has with other content
   * @param unchanged how many it has
   */
  public record Plan(Optional<String> head, List<LocalFile> send, int unchanged) {
    public Plan {
      send = List.copyOf(send);
    }

    /** Bytes in the files to send. */
    public long bytes() {
      return send.stream().mapToLong(LocalFile::size).sum();
    }
  }

  /**
   * What a push did.
   *
   * @param commit the commit that the revision stands for now
   * @param url the repository's page
   */
  public record Result(String commit, String url, Plan plan) {}

  /** Compares files with what the repository has; changes nothing. */
  public Plan plan(List<LocalFile> files, HubReference to) {
    PushChoice.checkSecrets(files, settings.token());
    Optional<String> head = tree.commitIfThere(to);
    Map<String, HubFile> there =
        head.map(commit -> tree.files(to.at(commit))).orElse(List.of()).stream()
            .collect(Collectors.toMap(HubFile::path, Function.identity()));
    List<LocalFile> send =
        files.stream()
            .filter(f -> Optional.ofNullable(there.get(f.path())).filter(f::isSame).isEmpty())
            .toList();
    return new Plan(head, send, files.size() - send.size());
  }

  /**
   * Pushes.
   *
   * @param isPrivate whether a repository that has to be created is seen by its owner alone
   * @param message of the commit
   * @throws LuthierException when the hub refuses; files that were sent need not be sent again
   */
  public Result push(List<LocalFile> files, HubReference to, boolean isPrivate, String message) {
    if (settings.token().isEmpty()) {
      throw new UsageException(
          "to push, the hub wants to know who you are: give a token that may write as HF_TOKEN, or in "
              + settings.home().resolve("token")
              + " (made at "
              + settings.endpoint()
              + "/settings/tokens)");
    }
    Plan plan = plan(files, to);
    String url = settings.endpoint() + to.repo().page();
    if (plan.send().isEmpty()) {
      return new Result(plan.head().orElseThrow(), url, plan);
    }
    String parent = plan.head().orElseGet(() -> created(to, isPrivate));
    client.listener().begin(to.repo().id() + "@" + to.revision(), plan.send().size(), plan.bytes());
    Set<String> large = large(plan.send(), to);
    upload(plan.send().stream().filter(f -> large.contains(f.path())).toList(), to);
    return new Result(commit(plan.send(), large, to, parent, message), url, plan);
  }

  /** Makes the repository and the branch, if they are not there. */
  private String created(HubReference to, boolean isPrivate) {
    String[] parts = to.repo().id().split("/");
    ObjectNode body = Json.object();
    body.put("name", parts[1]).put("organization", parts[0]).put("private", isPrivate);
    if (to.repo().kind() == HubRepo.Kind.DATASET) {
      body.put("type", "dataset");
    }
    post("/api/repos/create", body, to);
    if (!to.revision().equals(HubReference.MAIN)) {
      post(to.repo().api() + "/branch/" + HubClient.quotedWhole(to.revision()), Json.object(), to);
    }
    return tree.commit(to);
  }

  /** Posts JSON; that something is there already is as good as done. */
  private JsonNode post(String path, ObjectNode body, HubReference to) {
    HubClient.Answer answer =
        client.send(
            HttpRequest.newBuilder(client.address(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())),
            Set.of(409),
            to);
    if (answer.status() / 100 != 2 && answer.status() != 409) {
      throw client.refuse(answer, to);
    }
    return answer.body();
  }

  /** Asks which files are stored as large ones: those whose names or beginnings say so. */
  private Set<String> large(List<LocalFile> files, HubReference to) {
    Set<String> large = new HashSet<>();
    for (int from = 0; from < files.size(); from += FILES_PER_QUESTION) {
      ObjectNode body = Json.object();
      ArrayNode asked = body.putArray("files");
      for (LocalFile file :
          files.subList(from, Math.min(files.size(), from + FILES_PER_QUESTION))) {
        asked
            .addObject()
            .put("path", file.path())
            .put("size", file.size())
            .put("sample", Base64.getEncoder().encodeToString(beginning(file)));
      }
      String path = to.repo().api() + "/preupload/" + HubClient.quotedWhole(to.revision());
      for (JsonNode answer : post(path, body, to).path("files")) {
        if (answer.path("uploadMode").asText().equals("lfs")) {
          large.add(answer.path("path").asText());
        }
      }
    }
    return large;
  }

  private static byte[] beginning(LocalFile file) {
    try (InputStream in = Files.newInputStream(file.file())) {
      return in.readNBytes(SAMPLE);
    } catch (IOException e) {
      throw new LuthierException(file.file() + " cannot be read: " + Reason.of(e), e);
    }
  }

  private void upload(List<LocalFile> large, HubReference to) {
    ExecutorService connections = Tasks.threads(settings.connections(), "luthier-hub-uploads");
    try {
      Tasks tasks = new Tasks(connections);
      large.forEach(file -> tasks.add(() -> new LfsUpload(client, to, file).run()));
      tasks.join();
    } catch (IOException e) {
      throw new LuthierException(to + " cannot be pushed: " + Reason.of(e), e);
    } finally {
      connections.shutdownNow();
    }
  }

  /**
   * Makes the commit. An answer that got lost is no reason for a second one: the commit names its
   * parent, and what the revision has by then tells whether it was made.
   */
  private String commit(
      List<LocalFile> files, Set<String> large, HubReference to, String parent, String message) {
    byte[] body = lines(files, large, parent, message);
    String path = to.repo().api() + "/commit/" + HubClient.quotedWhole(to.revision());
    Patience patience =
        new Patience(settings.retries(), client.listener(), "commit to " + to.repo().id());
    while (true) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(client.address(path))
              .header("Content-Type", "application/x-ndjson")
              .POST(HttpRequest.BodyPublishers.ofByteArray(body));
      Http.Outcome<CappedBody.Text> outcome =
          client.once(request, head -> new CappedBody(1 << 20), () -> 0);
      int status = outcome.response().map(HttpResponse::statusCode).orElse(0);
      if (status / 100 != 2 && status != 0 && status != 412 && !Http.passing(status)) {
        HttpResponse<CappedBody.Text> response = outcome.response().orElseThrow();
        throw client
            .refusal()
            .of(to, Optional.empty(), status, response.headers(), response.body().text());
      }
      String head = tree.commit(to);
      if (!head.equals(parent)) {
        // It has ours, or another's: an answer that got lost does not tell.
        checkCommitted(files, to, head);
        files.stream()
            .filter(f -> !large.contains(f.path()))
            .forEach(f -> client.listener().moved(f.size()));
        return head;
      }
      String problem = status == 0 ? outcome.problem() : "status " + status;
      patience.failed(
          problem, outcome.response().flatMap(r -> Http.asked(r.headers(), path, problem)));
    }
  }

  private void checkCommitted(List<LocalFile> files, HubReference to, String head) {
    Map<String, HubFile> there =
        tree.files(to.at(head)).stream()
            .collect(Collectors.toMap(HubFile::path, Function.identity()));
    List<String> lacking = new ArrayList<>();
    for (LocalFile file : files) {
      HubFile pushed = there.get(file.path());
      if (pushed == null || !file.isSame(pushed)) {
        lacking.add(file.path());
      }
    }
    if (!lacking.isEmpty()) {
      throw new LuthierException(
          to
              + " was changed by someone else meanwhile ("
              + head
              + "), and does not have "
              + lacking
              + " as they are here: look at it, and push again");
    }
  }

  /** The commit as the hub takes it: a JSON object per line, the first about the commit itself. */
  private static byte[] lines(
      List<LocalFile> files, Set<String> large, String parent, String message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String[] lines = message.split("\\R", 2);
    ObjectNode header = Json.object();
    header.put("summary", lines[0]).put("description", lines.length > 1 ? lines[1].strip() : "");
    header.put("parentCommit", parent);
    write(out, "header", header);
    for (LocalFile file : files) {
      ObjectNode value = Json.object().put("path", file.path());
      if (large.contains(file.path())) {
        value.put("algo", "sha256").put("oid", file.sha256()).put("size", file.size());
        write(out, "lfsFile", value);
      } else {
        value.put("content", Base64.getEncoder().encodeToString(content(file)));
        value.put("encoding", "base64");
        write(out, "file", value);
      }
    }
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, String key, ObjectNode value) {
    ObjectNode line = Json.object().put("key", key);
    line.set("value", value);
    out.writeBytes((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] content(LocalFile file) {
    try {
      return Files.readAllBytes(file.file());
    } catch (IOException e) {
      throw new LuthierException(file.file() + " cannot be read: " + Reason.of(e), e);
    }
  }
}
