package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import java.time.Duration;
import java.util.Optional;

/** A request that is not answered as asked, in OpenAI's words. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final String param;
  private final String code;
  private final long retrySeconds;

  private ApiException(
      int status, String type, String param, String code, long retrySeconds, String message) {
    super(message, null, false, false); // an answer, not a fault: no stack trace
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
    this.retrySeconds = retrySeconds;
  }

  /** 400: a field that cannot be meant. */
  static ApiException invalid(String param, String message) {
    return new ApiException(400, "invalid_request_error", param, "", 0, message);
  }

  /** Another 4xx. */
  static ApiException refused(int status, String param, String code, String message) {
    return new ApiException(status, "invalid_request_error", param, code, 0, message);
  }

  /** 429 or 503: later, perhaps. */
  static ApiException later(int status, String code, Duration retryAfter, String message) {
    long seconds = Math.max(1, (retryAfter.toMillis() + 999) / 1000);
    String type = status == 429 ? "rate_limit_error" : "server_error";
    return new ApiException(status, type, "", code, seconds, message);
  }

  /** 5xx: not the request's fault. */
  static ApiException failed(int status, String code, String message) {
    return new ApiException(status, "server_error", "", code, 0, message);
  }

  int status() {
    return status;
  }

  /** When to try again; empty if that would not help. */
  Optional<Long> retrySeconds() {
    return retrySeconds == 0 ? Optional.empty() : Optional.of(retrySeconds);
  }

  /** {@code {"error": {"message", "type", "param", "code"}}}. */
  ObjectNode body() {
    ObjectNode body = Json.object();
    ObjectNode error = body.putObject("error");
    error.put("message", getMessage());
    error.put("type", type);
    error.put("param", param.isEmpty() ? null : param);
    error.put("code", code.isEmpty() ? null : code);
    return body;
  }
}
