package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers that a model should perhaps not learn to give. */
public final class Answers {
  private static final Pattern NOTHING =
      Pattern.compile(
          "(?i)[\\s\\p{P}]*|[\\s\\p{P}]*(n/?a|none|nan|null|nil|undefined|no ?output|no ?input|empty"
              + "|error|tbd)[\\s\\p{P}<>]*|<\\s*/?\\s*no ?(output|input)\\s*>");

  private static final Pattern PLACEHOLDER =
      Pattern.compile(
          "(?<!\\w)\\[(?i:your|my|insert|enter|add|recipient|sender|company|name|date|title|address|phone"
              + "|email|client|customer|manager|employee|topic|product|city|number)\\b[^\\]\n]{0,40}(?<![.!?])\\]"
              + "(?![(\\[])"
              + "|\\{\\{\\s*[A-Za-z_][\\w .]{0,40}\\}\\}"
              + "|<(?i:insert|your|enter|add)[ _-][^<>\n]{1,40}>"
              + "|\\bTODO\\b(?=:|\\s*$)|\\bFIXME\\b|(?i)\\blorem ipsum\\b");

  /** Characters below which an answer's repetitions are few words. */
  private static final int LONG_ANSWER = 500;

  /** Gopher's limit for web pages is 0.3; songs, proofs and tables among sound answers reach it. */
  private static final double DUPLICATE_LINES = 0.6;

  /** Gopher's limit is 0.16; sums with the same words in each line reach 0.3. */
  private static final double TOP_SEQUENCE = 0.4;

  /** Words of a prompt below which an answer may well repeat it. */
  private static final int LONG_PROMPT = 8;

  private Answers() {}

  /** What is odd about an answer. */
  public enum Kind {
    /** It declines what was asked. */
    REFUSAL,
    /** It says what every assistant says: "As an AI language model", "I hope this helps". */
    BOILERPLATE,
    /** It stops in the middle of a sentence or a code block. */
    TRUNCATED,
    /** It ends in a loop, or says one thing over and over. */
    REPETITION,
    /** It is the prompt, or begins with the whole of it. */
    ECHO,
    /** A blank of a form was not filled in: {@code [Your Name]}. */
    PLACEHOLDER,
    /** It says nothing: white space, punctuation, "N/A", "None". */
    EMPTY;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One oddity.
   *
   * @param evidence the words of the answer that show it, or a sentence that says what was counted
   */
  public record Oddity(Kind kind, String evidence) {}

  /**
   * Judges one answer.
   *
   * @param prompt what it answers: the last turn before it, or instruction and input
   * @return at most one oddity of each kind; empty for an answer without fault
   */
  public static List<Oddity> oddities(String prompt, String answer) {
    if (NOTHING.matcher(answer).matches()) {
      return List.of(new Oddity(Kind.EMPTY, answer.strip()));
    }
    List<Oddity> found = new ArrayList<>();
    Phrases.refusal(answer).ifPresent(words -> found.add(new Oddity(Kind.REFUSAL, words)));
    Phrases.boilerplate(answer).ifPresent(words -> found.add(new Oddity(Kind.BOILERPLATE, words)));
    Optional<String> repetition = repetition(answer);
    if (repetition.isPresent()) {
      found.add(new Oddity(Kind.REPETITION, repetition.get()));
    } else {
      Truncation.of(answer).ifPresent(how -> found.add(new Oddity(Kind.TRUNCATED, how)));
    }
    echo(prompt, answer).ifPresent(how -> found.add(new Oddity(Kind.ECHO, how)));
    placeholder(prompt, answer).ifPresent(blank -> found.add(new Oddity(Kind.PLACEHOLDER, blank)));
    return List.copyOf(found);
  }

  private static Optional<String> repetition(String answer) {
    Optional<Repetition.Loop> loop = Repetition.loop(answer);
    if (loop.isPresent()) {
      return loop.map(l -> "\"" + l.unit() + "\" " + l.times() + " times at the end");
    }
    if (answer.length() < LONG_ANSWER) {
      return Optional.empty();
    }
    double lines = Repetition.duplicateLines(answer);
    if (lines > DUPLICATE_LINES) {
      return Optional.of(Math.round(100 * lines) + " % of the lines stand there before");
    }
    double sequence = Repetition.topNgram(Words.of(answer), 4);
    return sequence > TOP_SEQUENCE
        ? Optional.of(Math.round(100 * sequence) + " % of it is one sequence of 4 words")
        : Optional.empty();
  }

  private static Optional<String> echo(String prompt, String answer) {
    if (!beginAlike(prompt, answer)) {
      return Optional.empty();
    }
    List<String> asked = Words.of(prompt);
    List<String> answered = Words.of(answer);
    if (asked.size() < LONG_PROMPT || answered.size() < asked.size()) {
      return Optional.empty();
    }
    if (answered.equals(asked)) {
      return Optional.of("the answer is the prompt");
    }
    return answered.subList(0, asked.size()).equals(asked)
        ? Optional.of("the answer begins with the whole prompt")
        : Optional.empty();
  }

  /** Spares most answers the whole comparison: the first words tell. */
  private static boolean beginAlike(String prompt, String answer) {
    List<String> asked = Words.of(prompt.substring(0, Math.min(prompt.length(), 40)));
    List<String> answered = Words.of(answer.substring(0, Math.min(answer.length(), 40)));
    return !asked.isEmpty() && !answered.isEmpty() && asked.get(0).equals(answered.get(0));
  }

  private static Optional<String> placeholder(String prompt, String answer) {
    Matcher matcher = PLACEHOLDER.matcher(answer);
    while (matcher.find()) {
      // A blank that the prompt has too is what the task is about.
      if (!prompt.contains(matcher.group()) && !isCode(answer, matcher.start())) {
        return Optional.of(matcher.group());
      }
    }
    return Optional.empty();
  }

  private static boolean isCode(String answer, int index) {
    CodeParts code = CodeParts.of(answer);
    return code.isMarkup() || code.covers(index);
  }
}
