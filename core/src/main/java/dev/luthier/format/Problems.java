package dev.luthier.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/** Several complaints in one message. */
final class Problems {
  private static final int MOST = 20;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}|[\\x80-\\x9f]");

  private Problems() {}

  static LuthierException of(String what, List<String> problems, String advice) {
    StringBuilder out = new StringBuilder(what).append(':');
    problems.stream().limit(MOST).forEach(p -> out.append("\n  ").append(p));
    if (problems.size() > MOST) {
      out.append("\n  and ").append(problems.size() - MOST).append(" more");
    }
    return new LuthierException(out.append('\n').append(advice).toString());
  }

  /** Names from files can be of any length, and hold characters that steer a terminal. */
  static String shortened(String s) {
    String plain = CONTROL.matcher(s.length() > 80 ? s.substring(0, 80) : s).replaceAll("?");
    return s.length() > 80 ? plain + "..." : plain;
  }

  /** What a parser says, without the source that it quotes. */
  static String firstLine(IOException e) {
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    String line = String.valueOf(message).lines().findFirst().orElse("");
    String plain = CONTROL.matcher(line).replaceAll("?");
    return plain.length() > 300 ? plain.substring(0, 300) + "..." : plain;
  }
}
