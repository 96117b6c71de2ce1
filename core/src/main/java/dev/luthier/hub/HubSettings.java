package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the hub is, and how it is spoken to. The environment's names are those that Python's
 * huggingface_hub reads, so that both find the same cache and token.
 *
 * @param endpoint the hub or a mirror, without a slash at the end
 * @param token who is asking; empty asks for what is public
 * @param home where the token's file is looked for, for messages
 * @param cache the folder of {@code models--org--name} folders
 * @param offline whether requests are forbidden
 * @param connections that are open at a time
 * @param retries what is done when a request fails
 * @param patience a connection on which nothing moves for so long is given up
 * @param pieceBytes of a file that one request asks for
 */
public record HubSettings(
    URI endpoint,
    Optional<ApiKey> token,
    Path home,
    Path cache,
    boolean offline,
    int connections,
    Retries retries,
    Duration patience,
    long pieceBytes) {
  private static final String PUBLIC = "https://huggingface.co";
  private static final int CONNECTIONS = 4;
  private static final int RETRIES = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long PIECE_BYTES = 32L << 20;
  private static final Set<String> YES = Set.of("1", "on", "yes", "true");

  /**
   * As the environment says.
   *
   * @param environment {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HUGGING_FACE_HUB_TOKEN},
   *     {@code HF_TOKEN_PATH}, {@code HF_HOME}, {@code XDG_CACHE_HOME}, {@code HF_HUB_CACHE},
   *     {@code HUGGINGFACE_HUB_CACHE}, {@code HF_HUB_OFFLINE}
   * @param userHome the user's folder
   */
  public static HubSettings of(Map<String, String> environment, Path userHome) {
    Path home =
        path(environment, "HF_HOME")
            .orElseGet(
                () ->
                    path(environment, "XDG_CACHE_HOME")
                        .orElse(userHome.resolve(".cache"))
                        .resolve("huggingface"));
    Path cache =
        path(environment, "HF_HUB_CACHE")
            .or(() -> path(environment, "HUGGINGFACE_HUB_CACHE"))
            .orElse(home.resolve("hub"));
    return new HubSettings(
        endpoint(value(environment, "HF_ENDPOINT").orElse(PUBLIC)),
        token(environment, home),
        home,
        cache,
        value(environment, "HF_HUB_OFFLINE")
            .map(v -> YES.contains(v.toLowerCase(Locale.ROOT)))
            .orElse(false),
        CONNECTIONS,
        Retries.of(RETRIES),
        PATIENCE,
        PIECE_BYTES);
  }

  /** The same with another address, such as a mirror's. */
  public HubSettings with(String address) {
    return new HubSettings(
        endpoint(address), token, home, cache, offline, connections, retries, patience, pieceBytes);
  }

  /** The same with another number of connections. */
  public HubSettings with(int number) {
    return new HubSettings(
        endpoint, token, home, cache, offline, number, retries, patience, pieceBytes);
  }

  /** A variable that is set to nothing counts as not set. */
  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static Optional<Path> path(Map<String, String> environment, String name) {
    return value(environment, name).map(Path::of);
  }

  private static Optional<ApiKey> token(Map<String, String> environment, Path home) {
    String where = "as HF_TOKEN or in " + home.resolve("token");
    Optional<String> given =
        value(environment, "HF_TOKEN").or(() -> value(environment, "HUGGING_FACE_HUB_TOKEN"));
    if (given.isPresent()) {
      return Optional.of(new ApiKey(given.get(), "HF_TOKEN", where));
    }
    Path file = path(environment, "HF_TOKEN_PATH").orElse(home.resolve("token"));
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      String text = Files.readString(file).strip();
      return text.isEmpty() ? Optional.empty() : Optional.of(new ApiKey(text, "" + file, where));
    } catch (IOException e) {
      throw new LuthierException(
          "the hub's token in " + file + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static URI endpoint(String text) {
    String hint = ": expected a hub's address such as " + PUBLIC;
    URI uri;
    try {
      uri = new URI(text.strip().replaceFirst("/+$", ""));
    } catch (URISyntaxException e) {
      throw new UsageException("the endpoint '" + text + "' is no address" + hint);
    }
    if (uri.getUserInfo() != null) {
      throw new UsageException(
          "the endpoint has a user's name or password in it: give the token as HF_TOKEN");
    }
    boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!web || uri.getHost() == null || uri.getQuery() != null || uri.getFragment() != null) {
      throw new UsageException("the endpoint '" + text + "' is no address" + hint);
    }
    return uri;
  }
}
