package dev.luthier.server;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Who may come in: what stands before every route. */
final class Gate {
  /**
   * What a browser or a supervisor asks for before it can know a key; none of it tells anything.
   */
  private static final Set<String> OPEN = Set.of("/", "/health", "/ready");

  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

  private final ServerSettings settings;
  private final List<byte[]> keys;
  private final boolean local;

  Gate(ServerSettings settings) {
    this.settings = settings;
    this.keys = settings.apiKeys().stream().map(k -> k.getBytes(StandardCharsets.UTF_8)).toList();
    this.local = isLocal(settings.host());
  }

  /** Whether only this machine reaches an address. */
  static boolean isLocal(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * Lets a request through.
   *
   * @throws ApiException 403 when a browser was led here under another name or by another site's
   *     page, 401 without a key
   */
  void check(Context ctx) {
    ctx.header("X-Content-Type-Options", "nosniff");
    ctx.header("Referrer-Policy", "no-referrer");
    host(ctx);
    boolean preflight = origin(ctx);
    if (!preflight && !keys.isEmpty() && !open(ctx.path()) && !knows(ctx)) {
      ctx.header("WWW-Authenticate", "Bearer");
      throw ApiException.refused(
          401,
          "",
          "invalid_api_key",
          "the API key is missing or wrong: send Authorization: Bearer KEY, with a key of the"
              + " server's --api-key-file");
    }
  }

  /** Against DNS rebinding: a foreign name that leads to this machine is not one of ours. */
  private void host(Context ctx) {
    String host = withoutPort(String.valueOf(ctx.header("Host"))).toLowerCase(Locale.ROOT);
    if (local && !LOCAL.contains(host) && !host.equalsIgnoreCase(settings.host())) {
      throw ApiException.refused(
          403,
          "",
          "host_not_allowed",
          "the Host header names another machine; a server that listens on "
              + settings.host()
              + " is asked as localhost. See docs/troubleshooting.md#serve-host");
    }
  }

  private static String withoutPort(String host) {
    return host.replaceFirst(":[0-9]*$", "");
  }

  /** Pages of other sites may not call, unless their origin was allowed. Whether it only asks. */
  private boolean origin(Context ctx) {
    Optional<String> origin = Optional.ofNullable(ctx.header("Origin"));
    if (origin.isEmpty() || origin.get().equals("http://" + ctx.header("Host"))) {
      return false;
    }
    if (!settings.corsOrigins().contains(origin.get())) {
      throw ApiException.refused(
          403,
          "",
          "origin_not_allowed",
          "pages of another origin may not call this server; allow theirs with --cors-origin");
    }
    ctx.header("Access-Control-Allow-Origin", origin.get());
    ctx.header("Vary", "Origin");
    if (!ctx.method().equals(HandlerType.OPTIONS)) {
      return false;
    }
    ctx.header("Access-Control-Allow-Methods", "GET, POST");
    ctx.header("Access-Control-Allow-Headers", "Authorization, Content-Type");
    ctx.status(204).skipRemainingHandlers();
    return true;
  }

  private static boolean open(String path) {
    return OPEN.contains(path) || path.startsWith("/page/");
  }

  /** All keys are compared, each in a time that does not tell where it differs. */
  private boolean knows(Context ctx) {
    String header = String.valueOf(ctx.header("Authorization"));
    byte[] given =
        (header.startsWith("Bearer ") ? header.substring(7).strip() : "")
            .getBytes(StandardCharsets.UTF_8);
    boolean known = false;
    for (byte[] key : keys) {
      known |= MessageDigest.isEqual(sha256(key), sha256(given));
    }
    return known;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
