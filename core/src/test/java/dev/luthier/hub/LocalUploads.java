package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a {@link LocalHub} does when it is pushed to, and what it demands. */
final class LocalUploads {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern API =
      Pattern.compile("/api/(models|datasets)/([^/]+/[^/]+)/(preupload|commit|branch)/([^/]+)");
  private static final Pattern BATCH =
      Pattern.compile("/(datasets/)?([^/]+/[^/]+)\\.git/info/lfs/objects/batch");

  private final LocalHub hub;
  final Map<String, byte[]> objects = new ConcurrentHashMap<>();
  final Map<String, byte[]> parts = new ConcurrentHashMap<>();
  final List<List<JsonNode>> commits = new CopyOnWriteArrayList<>();
  final List<JsonNode> created = new CopyOnWriteArrayList<>();

  /** Objects of more bytes are asked for in parts of so many. */
  int partBytes = 40_000;

  /** Whether a commit's answer is lost on its way. */
  boolean loseAnswer;

  LocalUploads(LocalHub hub) {
    this.hub = hub;
  }

  /** Answers what is about pushing. */
  boolean answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String method = exchange.getRequestMethod();
    Matcher api = API.matcher(path);
    Matcher batch = BATCH.matcher(path);
    if (method.equals("GET")) {
      return false;
    }
    if (method.equals("PUT")) {
      put(exchange, path);
    } else if (!("Bearer " + LocalHub.TOKEN)
        .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      LocalHub.send(exchange, 401, "{\"error\":\"Invalid credentials\"}");
    } else if (path.equals("/api/repos/create")) {
      create(exchange);
    } else if (batch.matches()) {
      batch(exchange);
    } else if (path.startsWith("/complete/")) {
      complete(exchange, path.substring("/complete/".length()));
    } else if (path.equals("/verify")) {
      JsonNode asked = body(exchange);
      boolean there = objects.containsKey(asked.path("oid").asText());
      LocalHub.send(exchange, there ? 200 : 404, "{}");
    } else if (api.matches()) {
      String id = (api.group(1).equals("models") ? "" : "datasets/") + api.group(2);
      switch (api.group(3)) {
        case "preupload" -> preupload(exchange);
        case "branch" -> branch(exchange, id, api.group(4));
        default -> commit(exchange, id, api.group(4));
      }
    } else {
      return false;
    }
    return true;
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    return JSON.readTree(exchange.getRequestBody());
  }

  private void create(HttpExchange exchange) throws IOException {
    JsonNode asked = body(exchange);
    String id = asked.path("organization").asText() + "/" + asked.path("name").asText();
    String full = asked.path("type").asText().equals("dataset") ? "datasets/" + id : id;
    if (hub.repos.containsKey(full)) {
      LocalHub.send(exchange, 409, "{\"error\":\"You already created this repo\"}");
      return;
    }
    created.add(asked);
    hub.repo(full)
        .commit("main", Map.of(".gitattributes", "*.bin lfs".getBytes(StandardCharsets.UTF_8)));
    LocalHub.send(exchange, 200, "{\"url\":\"" + hub.base() + "/" + full + "\"}");
  }

  private void branch(HttpExchange exchange, String id, String name) throws IOException {
    LocalHub.Repo repo = hub.repo(id);
    repo.branches.putIfAbsent(name, Objects.requireNonNull(repo.branches.get("main")));
    LocalHub.send(exchange, 200, "{}");
  }

  private static void preupload(HttpExchange exchange) throws IOException {
    ObjectNode out = JSON.createObjectNode();
    for (JsonNode file : body(exchange).path("files")) {
      String path = file.path("path").asText();
      out.withArray("/files")
          .addObject()
          .put("path", path)
          .put("uploadMode", LocalHub.isLarge(path) ? "lfs" : "regular")
          .put("shouldIgnore", false);
    }
    LocalHub.send(exchange, 200, out.toString());
  }

  private void batch(HttpExchange exchange) throws IOException {
    ObjectNode out = JSON.createObjectNode();
    for (JsonNode object : body(exchange).path("objects")) {
      String oid = object.path("oid").asText();
      long size = object.path("size").asLong();
      ObjectNode entry = out.withArray("/objects").addObject().put("oid", oid).put("size", size);
      if (!objects.containsKey(oid)) {
        ObjectNode actions = entry.putObject("actions");
        ObjectNode upload = actions.putObject("upload");
        if (size > partBytes) {
          upload.put("href", hub.base() + "/complete/" + oid);
          ObjectNode header = upload.putObject("header").put("chunk_size", "" + partBytes);
          for (int part = 1; (part - 1) * (long) partBytes < size; part++) {
            header.put(
                "%05d".formatted(part), hub.storeBase() + "/part/" + oid + "/" + part + "?sig=x");
          }
        } else {
          upload.put("href", hub.storeBase() + "/object/" + oid + "?sig=x");
          upload.putObject("header").put("X-Wanted", "yes");
        }
        actions.putObject("verify").put("href", hub.base() + "/verify");
      }
    }
    LocalHub.send(exchange, 200, out.toString());
  }

  /** The store takes an object, or a part of one. */
  private void put(HttpExchange exchange, String path) throws IOException {
    byte[] content = exchange.getRequestBody().readAllBytes();
    String[] at = path.split("/");
    if (at[1].equals("object")) {
      if (!"yes".equals(exchange.getRequestHeaders().getFirst("X-Wanted"))) {
        hub.problems.add("an upload without the header that was asked for");
      }
      store(at[2], content);
    } else {
      parts.put(at[2] + "/" + at[3], content);
      exchange.getResponseHeaders().add("ETag", "\"e" + at[3] + "\"");
    }
    LocalHub.send(exchange, 200, "");
  }

  private void store(String oid, byte[] content) {
    if (!LocalHub.sha("SHA-256", content).equals(oid)) {
      hub.problems.add("an object came with other content than " + oid);
    }
    if (objects.put(oid, content) != null) {
      hub.problems.add("an object came twice: " + oid);
    }
  }

  private void complete(HttpExchange exchange, String oid) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (JsonNode part : body(exchange).path("parts")) {
      int number = part.path("partNumber").asInt();
      if (!part.path("etag").asText().equals("\"e" + number + "\"")) {
        hub.problems.add("a part with the wrong tag");
      }
      whole.writeBytes(Objects.requireNonNull(parts.get(oid + "/" + number)));
    }
    if (!objects.containsKey(oid)) {
      store(oid, whole.toByteArray());
    }
    LocalHub.send(exchange, 200, "{}");
  }

  private void commit(HttpExchange exchange, String id, String branch) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line :
        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
      lines.add(JSON.readTree(line));
    }
    LocalHub.Repo repo = hub.repo(id);
    String parent = Objects.requireNonNull(repo.branches.get(branch));
    if (!lines.get(0).at("/value/parentCommit").asText().equals(parent)) {
      LocalHub.send(exchange, 412, "{\"error\":\"A commit has happened since\"}");
      return;
    }
    TreeMap<String, byte[]> files = new TreeMap<>(repo.files(parent));
    for (JsonNode line : lines.subList(1, lines.size())) {
      JsonNode value = line.path("value");
      boolean large = line.path("key").asText().equals("lfsFile");
      byte[] content =
          large
              ? Objects.requireNonNull(objects.get(value.path("oid").asText()))
              : Base64.getDecoder().decode(value.path("content").asText());
      files.put(value.path("path").asText(), content);
    }
    commits.add(lines);
    String oid = repo.commit(branch, files);
    if (loseAnswer) {
      loseAnswer = false;
      exchange.sendResponseHeaders(200, 1000);
      return;
    }
    LocalHub.send(exchange, 200, "{\"success\":true,\"commitOid\":\"" + oid + "\"}");
  }
}
