package dev.luthier.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A hub on this machine: it lists and serves repositories as huggingface.co does, large files from
 * a second server by links that are signed, and does at some requests what goes wrong in the world.
 */
final class LocalHub implements AutoCloseable {
  static final String TOKEN = "hf_plantedTokenThatMustStaySecret";
  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    // Else each answer waits for the acknowledgement of its header.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
  private static final Pattern API =
      Pattern.compile("/api/(models|datasets)/([^/]+/[^/]+)/(revision|tree)/(.+)");
  private static final Pattern RESOLVE =
      Pattern.compile("/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)");

  /** One repository: what branches stand for, and files by commit. */
  static final class Repo {
    final Map<String, String> branches = new ConcurrentHashMap<>();
    final Map<String, TreeMap<String, byte[]>> commits = new ConcurrentHashMap<>();
    boolean gated;
    boolean secret;

    /** A new commit of some files, which the branch stands for from now on. */
    String commit(String branch, Map<String, byte[]> files) {
      String id = sha("SHA-1", (branch + commits.size()).getBytes(StandardCharsets.UTF_8));
      commits.put(id, new TreeMap<>(files));
      branches.put(branch, id);
      return id;
    }

    TreeMap<String, byte[]> files(String commit) {
      return Objects.requireNonNull(commits.get(commit));
    }

    byte[] content(String commit, String path) {
      return Objects.requireNonNull(files(commit).get(path), path);
    }

    Optional<String> commit(String revision) {
      return commits.containsKey(revision)
          ? Optional.of(revision)
          : Optional.ofNullable(branches.get(revision));
    }
  }

  final Map<String, Repo> repos = new ConcurrentHashMap<>();
  final List<String> requests = new CopyOnWriteArrayList<>();
  final List<String> problems = new CopyOnWriteArrayList<>();
  final AtomicInteger faults = new AtomicInteger();
  final HttpServer hub;
  final HttpServer store;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Faults injected;
  final LocalUploads uploads = new LocalUploads(this);
  int pageSize = 1000;

  LocalHub(Faults injected) throws IOException {
    this.injected = injected;
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext("/", exchange -> guarded(exchange, true));
    store.createContext("/", exchange -> guarded(exchange, false));
    hub.setExecutor(threads);
    store.setExecutor(threads);
    hub.start();
    store.start();
  }

  LocalHub() throws IOException {
    this(Faults.NONE);
  }

  String base() {
    return "http://localhost:" + hub.getAddress().getPort();
  }

  String storeBase() {
    return "http://127.0.0.1:" + store.getAddress().getPort();
  }

  Repo repo(String id) {
    return repos.computeIfAbsent(id, name -> new Repo());
  }

  /** Settings for tests: quick to try again, small pieces. */
  HubSettings settings(Path home, Map<String, String> environment) {
    return settings(base(), home, environment);
  }

  /** The same for a hub of another process. */
  static HubSettings settings(String base, Path home, Map<String, String> environment) {
    Map<String, String> all = new TreeMap<>(environment);
    all.put("HF_ENDPOINT", base);
    HubSettings s = HubSettings.of(all, home);
    return new HubSettings(
        s.endpoint(),
        s.token(),
        s.home(),
        s.cache(),
        s.offline(),
        s.connections(),
        new Retries(12, Duration.ofMillis(1), Duration.ofMillis(8)),
        Duration.ofMillis(1500),
        10_000);
  }

  private void guarded(HttpExchange exchange, boolean ofHub) throws IOException {
    requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    try (exchange) {
      String key = exchange.getRequestHeaders().getFirst("Authorization");
      if (!ofHub && key != null) {
        problems.add("the store was sent " + key);
      }
      Fault fault = injected.next();
      if (fault != Fault.NONE) {
        faults.incrementAndGet();
      }
      if (fault == Fault.SLOW) {
        Thread.sleep(20);
      } else if (fault == Fault.BUSY) {
        exchange.getResponseHeaders().add("Retry-After", "0");
        send(exchange, 429, "slow down");
        return;
      } else if (fault == Fault.BROKEN) {
        send(exchange, 500, "oops");
        return;
      } else if (fault == Fault.EXPIRED && !ofHub) {
        send(exchange, 403, "<Error>Request has expired</Error>");
        return;
      }
      if (uploads.answer(exchange)) {
        return;
      }
      if (ofHub) {
        answer(exchange, fault);
      } else {
        content(exchange, fault);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      problems.add(String.valueOf(e));
      throw e;
    }
  }

  private void answer(HttpExchange exchange, Fault fault) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    Matcher api = API.matcher(path);
    Matcher resolve = RESOLVE.matcher(path);
    if (api.matches()) {
      String id = (api.group(1).equals("models") ? "" : "datasets/") + api.group(2);
      api(exchange, id, api.group(3), decoded(api.group(4)));
    } else if (resolve.matches()) {
      String id = Optional.ofNullable(resolve.group(1)).orElse("") + resolve.group(2);
      resolve(exchange, id, decoded(resolve.group(3)), decoded(resolve.group(4)), fault);
    } else {
      problems.add("unexpected " + path);
      send(exchange, 404, "no such address");
    }
  }

  private Optional<Repo> visible(HttpExchange exchange, String id) throws IOException {
    Repo repo = repos.get(id);
    boolean known =
        ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    if (repo == null || repo.secret && !known) {
      exchange.getResponseHeaders().add("X-Error-Code", "RepoNotFound");
      send(exchange, known ? 404 : 401, "{\"error\":\"Repository not found\"}");
      return Optional.empty();
    }
    return Optional.of(repo);
  }

  private void api(HttpExchange exchange, String id, String what, String revision)
      throws IOException {
    Optional<Repo> repo = visible(exchange, id);
    if (repo.isEmpty()) {
      return;
    }
    Optional<String> commit = repo.get().commit(revision);
    if (commit.isEmpty()) {
      exchange.getResponseHeaders().add("X-Error-Code", "RevisionNotFound");
      send(exchange, 404, "{\"error\":\"Invalid rev id: " + revision + "\"}");
      return;
    }
    if (what.equals("revision")) {
      send(exchange, 200, JSON.createObjectNode().put("sha", commit.get()).toString());
      return;
    }
    tree(exchange, id, commit.get(), List.copyOf(repo.get().files(commit.get()).entrySet()));
  }

  /** A page of files, with a link to the next one. */
  private void tree(
      HttpExchange exchange, String id, String commit, List<Map.Entry<String, byte[]>> files)
      throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getRawQuery());
    int from =
        query.contains("cursor=") ? Integer.parseInt(query.replaceFirst(".*cursor=", "")) : 0;
    ArrayNode page = JSON.createArrayNode();
    page.addObject().put("type", "directory").put("path", "some").put("oid", "0").put("size", 0);
    for (Map.Entry<String, byte[]> file :
        files.subList(from, Math.min(from + pageSize, files.size()))) {
      ObjectNode entry = page.addObject();
      entry.put("type", "file").put("path", file.getKey()).put("size", file.getValue().length);
      entry.put("oid", gitOid(file.getValue()));
      if (isLarge(file.getKey())) {
        entry.putObject("lfs").put("oid", sha("SHA-256", file.getValue()));
      }
    }
    if (from + pageSize < files.size()) {
      String kind = id.startsWith("datasets/") ? "" : "models/";
      exchange
          .getResponseHeaders()
          .add(
              "Link",
              "<"
                  + base()
                  + "/api/"
                  + kind
                  + id
                  + "/tree/"
                  + commit
                  + "?recursive=true&cursor="
                  + (from + pageSize)
                  + ">; rel=\"next\"");
    }
    send(exchange, 200, page.toString());
  }

  private void resolve(HttpExchange exchange, String id, String revision, String path, Fault fault)
      throws IOException {
    Optional<Repo> repo = visible(exchange, id);
    if (repo.isEmpty()) {
      return;
    }
    if (repo.get().gated) {
      exchange.getResponseHeaders().add("X-Error-Code", "GatedRepo");
      send(exchange, 403, "Access to model " + id + " is restricted. " + auth(exchange));
      return;
    }
    String commit = repo.get().commit(revision).orElseThrow();
    byte[] content = repo.get().content(commit, path);
    exchange.getResponseHeaders().add("X-Repo-Commit", commit);
    if (isLarge(path)) {
      exchange.getResponseHeaders().add("X-Linked-Etag", '"' + sha("SHA-256", content) + '"');
      exchange
          .getResponseHeaders()
          .add("Location", storeBase() + "/" + id + "/" + commit + "/" + path + "?sig=secretSig");
      send(exchange, 302, "");
    } else {
      body(exchange, content, fault);
    }
  }

  /** An endpoint may repeat what it was sent. */
  private static String auth(HttpExchange exchange) {
    return String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private void content(HttpExchange exchange, Fault fault) throws IOException {
    String path = exchange.getRequestURI().getPath().substring(1);
    boolean data = path.startsWith("datasets/");
    String[] at = path.split("/", data ? 5 : 4);
    String id = data ? at[0] + "/" + at[1] + "/" + at[2] : at[0] + "/" + at[1];
    body(exchange, repo(id).content(at[at.length - 2], at[at.length - 1]), fault);
  }

  private static void body(HttpExchange exchange, byte[] whole, Fault fault) throws IOException {
    String asked = exchange.getRequestHeaders().getFirst("Range");
    Matcher range = RANGE.matcher(String.valueOf(asked));
    byte[] piece = whole;
    int status = 200;
    if (range.matches() && fault != Fault.WHOLE) {
      int from = Integer.parseInt(range.group(1));
      int to = Integer.parseInt(range.group(2));
      if (fault == Fault.OTHER_RANGE) {
        from = Math.max(0, from - 7);
      }
      piece = Arrays.copyOfRange(whole, from, to + 1);
      status = 206;
      exchange
          .getResponseHeaders()
          .add("Content-Range", "bytes " + from + "-" + to + "/" + whole.length);
    }
    if (fault == Fault.DAMAGED && piece.length > 0) {
      piece = piece.clone();
      piece[piece.length / 2] ^= 1;
    }
    exchange.sendResponseHeaders(status, piece.length == 0 ? -1 : piece.length);
    exchange
        .getResponseBody()
        .write(piece, 0, fault == Fault.CUT ? piece.length / 2 : piece.length);
  }

  static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static boolean isLarge(String path) {
    return path.matches(".*\\.(safetensors|bin|parquet|gguf)");
  }

  static String gitOid(byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return sha("SHA-1", all);
  }

  static String sha(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
