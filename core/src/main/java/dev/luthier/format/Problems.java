package dev.luthier.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.util.List;

/** Several complaints in one message. */
final class Problems {
  private static final int MOST = 20;

  private Problems() {}

  static LuthierException of(String what, List<String> problems, String advice) {
    StringBuilder out = new StringBuilder(what).append(':');
    problems.stream().limit(MOST).forEach(p -> out.append("\n  ").append(p));
    if (problems.size() > MOST) {
      out.append("\n  and ").append(problems.size() - MOST).append(" more");
    }
    return new LuthierException(out.append('\n').append(advice).toString());
  }

  /** Names from files can be of any length. */
  static String shortened(String s) {
    return s.length() > 80 ? s.substring(0, 80) + "..." : s;
  }

  /** What a parser says, without the source that it quotes. */
  static String firstLine(IOException e) {
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    String line = String.valueOf(message).lines().findFirst().orElse("");
    return line.length() > 300 ? line.substring(0, 300) + "..." : line;
  }
}
