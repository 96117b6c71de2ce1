package dev.luthier.server;

import dev.luthier.Complaints;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Where a server listens, and what it lets through.
 *
 * @param host name or address to listen on
 * @param port 0 for any that is free
 * @param modelName what requests call the model
 * @param apiKeys one of these must come with a request as {@code Authorization: Bearer KEY}; empty
 *     to let everyone in
 * @param adapterFolders only from inside these are adapters loaded by request; empty for none
 * @param corsOrigins pages of these origins may call the server from a browser
 * @param limits how much a request may ask for
 */
public record ServerSettings(
    String host,
    int port,
    String modelName,
    List<String> apiKeys,
    List<Path> adapterFolders,
    List<String> corsOrigins,
    Limits limits) {

  /**
   * How much requests may ask for.
   *
   * @param tokens the most tokens of an answer; more are asked for in vain
   * @param requests answered or waiting at a time; one more is refused with 429
   * @param bodyBytes the largest request
   * @param time an answer that takes longer is given up
   */
  public record Limits(int tokens, int requests, long bodyBytes, Duration time) {
    /** Checks everything at once. */
    public Limits {
      Complaints complaints = new Complaints();
      if (tokens < 1) {
        complaints.add("--max-tokens is " + tokens + "; use 1 or more");
      }
      if (requests < 1) {
        complaints.add("--max-requests is " + requests + "; use 1 or more");
      }
      if (bodyBytes < 1) {
        complaints.add("--max-body is " + bodyBytes + " bytes; use 1 or more");
      }
      if (time.isNegative() || time.isZero()) {
        complaints.add("--timeout is " + time.toSeconds() + " s; use 1 or more");
      }
      complaints.throwIfAny();
    }

    /** Answers as long as the model's context, 256 requests, 8 MiB, ten minutes. */
    public static Limits defaults() {
      return new Limits(Integer.MAX_VALUE, 256, 8 << 20, Duration.ofMinutes(10));
    }
  }

  /** Copies the lists and checks the port. */
  public ServerSettings {
    apiKeys = List.copyOf(apiKeys);
    adapterFolders = List.copyOf(adapterFolders);
    corsOrigins = List.copyOf(corsOrigins);
    Complaints complaints = new Complaints();
    if (port < 0 || port > 65535) {
      complaints.add("--port is " + port + "; use 0 (any that is free) to 65535");
    }
    if (modelName.isBlank()) {
      complaints.add("--model-name is empty; say what requests are to call the model");
    }
    if (apiKeys.stream().anyMatch(String::isBlank)) {
      complaints.add("an API key is empty; write one key a line");
    }
    complaints.throwIfAny();
  }

  /** On this machine only, on any free port, open to everyone on it. */
  public static ServerSettings local(String modelName) {
    return new ServerSettings(
        "127.0.0.1", 0, modelName, List.of(), List.of(), List.of(), Limits.defaults());
  }

  /** The same with these keys. */
  public ServerSettings withApiKeys(String... keys) {
    return new ServerSettings(
        host, port, modelName, List.of(keys), adapterFolders, corsOrigins, limits);
  }

  /** The same with these adapter folders. */
  public ServerSettings withAdapterFolders(Path... folders) {
    return new ServerSettings(
        host, port, modelName, apiKeys, List.of(folders), corsOrigins, limits);
  }

  /** The same with these origins. */
  public ServerSettings withCorsOrigins(String... origins) {
    return new ServerSettings(
        host, port, modelName, apiKeys, adapterFolders, List.of(origins), limits);
  }

  /** The same with these limits. */
  public ServerSettings withLimits(Limits to) {
    return new ServerSettings(host, port, modelName, apiKeys, adapterFolders, corsOrigins, to);
  }
}
