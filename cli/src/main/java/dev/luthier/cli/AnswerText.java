package dev.luthier.cli;

import dev.luthier.data.labels.LabelledRow;
import dev.luthier.eval.labels.Answer;
import dev.luthier.model.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a model says of a text, as a line or as JSON. */
final class AnswerText {
  private static final int SHOWN = 60;
  private static final double LIKELY = 0.5;
  private static final double PLACES = 1e6;

  private AnswerText() {}

  /** For people: labels with their probabilities, then how the text begins. */
  static String line(LabelledRow row, Answer answer, Problem problem, Optional<Integer> top) {
    String said =
        switch (problem) {
          case CLASSES -> scores(first(answer, top.orElse(1)));
          case MULTI_LABEL -> {
            List<Answer.Scored> likely = likely(answer);
            yield top.isPresent()
                ? scores(first(answer, top.get()))
                : likely.isEmpty() ? "(none)" : scores(likely);
          }
          case REGRESSION ->
              answer.labels().stream()
                  .map(s -> String.format(Locale.ROOT, "%.4f", s.score()))
                  .collect(Collectors.joining(" "));
          case TOKENS -> entities(answer);
        };
    return said + "\t" + beginning(row.words().text());
  }

  private static String scores(List<Answer.Scored> labels) {
    return labels.stream()
        .map(s -> String.format(Locale.ROOT, "%s %.3f", s.label(), s.score()))
        .collect(Collectors.joining(", "));
  }

  private static String entities(Answer answer) {
    if (!answer.entities().isEmpty()) {
      return answer.entities().stream()
          .map(e -> String.format(Locale.ROOT, "[%s %s %.3f]", e.type(), e.text(), e.score()))
          .collect(Collectors.joining(" "));
    }
    String other =
        answer.words().stream()
            .filter(w -> !w.label().equals("O"))
            .map(w -> w.word() + "/" + w.label())
            .collect(Collectors.joining(" "));
    return other.isEmpty() ? "(none)" : other;
  }

  private static String beginning(String text) {
    String one = text.replaceAll("\\s+", " ").strip();
    return one.length() > SHOWN ? one.substring(0, SHOWN - 1) + "…" : one;
  }

  private static List<Answer.Scored> first(Answer answer, int count) {
    return answer.labels().subList(0, Math.min(count, answer.labels().size()));
  }

  private static List<Answer.Scored> likely(Answer answer) {
    return answer.labels().stream().filter(s -> s.score() > LIKELY).toList();
  }

  /** For programs. */
  static Map<String, Object> fields(
      int number, Answer answer, Problem problem, Optional<Integer> top) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("row", number);
    switch (problem) {
      case CLASSES -> {
        out.put("label", answer.labels().get(0).label());
        out.put("score", round(answer.labels().get(0).score()));
        out.put("scores", scores(answer, top));
      }
      case MULTI_LABEL -> {
        out.put("labels", likely(answer).stream().map(Answer.Scored::label).toList());
        out.put("scores", scores(answer, top));
      }
      case REGRESSION -> out.put("values", scores(answer, Optional.empty()));
      case TOKENS -> {
        out.put("entities", answer.entities().stream().map(AnswerText::entity).toList());
        out.put("words", answer.words().stream().map(Answer.Labelled::word).toList());
        out.put("tags", answer.words().stream().map(Answer.Labelled::label).toList());
      }
    }
    if (answer.cut() > 0) {
      out.put("tokens_left_out", answer.cut());
    }
    return out;
  }

  private static Map<String, Object> entity(Answer.Found e) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("type", e.type());
    out.put("start", e.start());
    out.put("end", e.end());
    out.put("text", e.text());
    out.put("score", round(e.score()));
    return out;
  }

  private static Map<String, Object> scores(Answer answer, Optional<Integer> top) {
    Map<String, Object> out = new LinkedHashMap<>();
    first(answer, top.orElse(Integer.MAX_VALUE)).forEach(s -> out.put(s.label(), round(s.score())));
    return out;
  }

  private static double round(double value) {
    return Math.round(value * PLACES) / PLACES;
  }
}
