package dev.luthier.data.quality;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers that stop in the middle. Only prose is judged, by its own habit: where earlier sentences
 * end with a full stop, the last one should.
 */
final class Truncation {
  /** Characters of the last paragraph below which it may be a heading, a list item or a name. */
  private static final int LONG_PARAGRAPH = 80;

  private static final Pattern SENTENCE_END = Pattern.compile("[.!?…]['\"”’)\\]*_]*(?=\\s)|[。！？]");
  private static final Pattern LIST_ITEM =
      Pattern.compile("^\\s*([-*•–>|#+]|\\(?\\w{1,3}[.):]\\s|[^.!?\n]{1,60}:(\\s|$))");
  private static final Pattern CODE =
      Pattern.compile("[{}=<>|\\\\^]|;\\s*$|\\w\\(|^\\s*(//|import |def |class |return )");
  private static final Pattern LAST_WORD = Pattern.compile("(?:^|[\\s\"“(])([\\p{L}’'-]+)$");

  /** English words that no sentence ends with. */
  private static final Set<String> OPEN =
      Set.of(
          "the", "a", "an", "and", "or", "but", "of", "because", "with", "your", "their", "its",
          "which", "whose", "from", "my", "our", "is", "are", "was", "were", "than");

  private Truncation() {}

  /** Returns how an answer breaks off, in words. */
  static Optional<String> of(String answer) {
    String text = answer.stripTrailing();
    if (fences(text) % 2 == 1) {
      return Optional.of("a code block is not closed");
    }
    String last = lastParagraph(text);
    if (last.length() < LONG_PARAGRAPH || !isProse(last)) {
      return Optional.empty();
    }
    int end = text.codePointBefore(text.length());
    if (end == ',' || end == '(' || end == '，' || end == '、') {
      return cut(last, "the last sentence ends in \"" + Character.toString(end) + "\"");
    }
    Matcher word = LAST_WORD.matcher(last);
    if (!word.find()) {
      return Optional.empty();
    }
    if (OPEN.contains(word.group(1)) || habit(last)) {
      return cut(last, "the last sentence has no end");
    }
    return Optional.empty();
  }

  /** Whether the paragraph's earlier text has at least two sentences that end as they should. */
  private static boolean habit(String paragraph) {
    Matcher ends = SENTENCE_END.matcher(paragraph);
    int count = 0;
    while (ends.find()) {
      count++;
    }
    return count >= 2;
  }

  private static boolean isProse(String paragraph) {
    return !LIST_ITEM.matcher(paragraph).find()
        && !CODE.matcher(paragraph).find()
        && Character.isLetter(paragraph.codePointAt(0));
  }

  private static int fences(String text) {
    return (int) text.lines().filter(line -> line.stripLeading().startsWith("```")).count();
  }

  private static String lastParagraph(String text) {
    return text.substring(text.lastIndexOf('\n') + 1).strip();
  }

  private static Optional<String> cut(String paragraph, String how) {
    int from = Math.max(0, paragraph.length() - 40);
    return Optional.of(how + ": \"..." + paragraph.substring(from) + "\"");
  }
}
