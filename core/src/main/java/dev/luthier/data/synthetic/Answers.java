package dev.luthier.data.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns a writer's answers into drafts of rows. */
final class Answers {
  private static final Fields TASK = new Fields("Instruction", "Input", "Output");
  private static final Fields PAIR = new Fields("Question", "Answer");
  private static final Pattern ITEM = Pattern.compile("(?m)^[ \\t*_]*\\d+[.)][ \\t]+");
  private static final Pattern THOUGHT = Pattern.compile("(?s)\\A\\s*<think>.*?(</think>|\\z)");

  private static final Pattern PARAGRAPH = Pattern.compile("\\R[ \\t]*\\R");

  /** A text that quotation marks stand around, and nowhere within. */
  private static final Pattern QUOTED = Pattern.compile("(?s)[\"“]([^\"“”]+)[\"”]");

  /** What models write where there is no input. */
  private static final Set<String> NOTHING =
      Set.of("", "<noinput>", "<no input>", "noinput", "no input", "none", "n/a", "-");

  private static final String CUT = "cut off: writer.maxNewTokens or the model's context is short";

  /** As much of an answer as the list of what was refused shows. */
  private static final int SHOWN = 2000;

  private Answers() {}

  /** Instruction, Input, Output. */
  static List<Draft> tasks(String answer, boolean truncated) {
    List<Draft> drafts = new ArrayList<>();
    for (Map<String, String> fields : TASK.read(thoughtless(answer))) {
      String input = fields.getOrDefault("Input", "");
      Candidate candidate =
          Candidate.of(
              fields.getOrDefault("Instruction", ""),
              NOTHING.contains(input.toLowerCase(Locale.ROOT)) ? "" : input,
              fields.getOrDefault("Output", ""));
      drafts.add(complete(candidate, "Instruction", "Output"));
    }
    return checked(drafts, answer, truncated, "Instruction: and Output:");
  }

  /** Question, Answer. */
  static List<Draft> pairs(String answer, boolean truncated) {
    List<Draft> drafts = new ArrayList<>();
    for (Map<String, String> fields : PAIR.read(thoughtless(answer))) {
      Candidate candidate =
          Candidate.of(fields.getOrDefault("Question", ""), "", fields.getOrDefault("Answer", ""));
      drafts.add(complete(candidate, "Question", "Answer"));
    }
    return checked(drafts, answer, truncated, "Question: and Answer:");
  }

  /**
   * A numbered list of other instructions for a task. Where the task's own is one paragraph an item
   * is one, too, so that what a model says after its list is left out.
   *
   * @param asked items; a task with numbered steps of its own must have exactly so many, since its
   *     steps cannot be told from items
   */
  static List<Draft> wordings(String answer, boolean truncated, SeedTask task, int asked) {
    String text = thoughtless(answer);
    List<Draft> drafts = new ArrayList<>();
    Matcher at = ITEM.matcher(text);
    int start = -1;
    while (at.find()) {
      if (start >= 0) {
        drafts.add(wording(text.substring(start, at.start()), task));
      }
      start = at.end();
    }
    if (start >= 0) {
      drafts.add(wording(text.substring(start), task));
    }
    if (ITEM.matcher(task.instruction()).find() && drafts.size() != asked) {
      String found = "expected " + asked + " wordings, found " + drafts.size() + " numbered lines";
      drafts.replaceAll(draft -> Draft.unreadable(draft.candidate(), found));
    }
    return checked(drafts, answer, truncated, "a numbered list");
  }

  private static Draft wording(String item, SeedTask task) {
    Matcher end = PARAGRAPH.matcher(item.strip());
    boolean one = !PARAGRAPH.matcher(task.instruction().strip()).find();
    String words = one && end.find() ? item.strip().substring(0, end.start()) : item.strip();
    Matcher quoted = QUOTED.matcher(words);
    boolean bare = !QUOTED.matcher(task.instruction().strip()).matches();
    return Draft.of(
        Candidate.of(
            bare && quoted.matches() ? quoted.group(1) : words, task.input(), task.output()));
  }

  private static Draft complete(Candidate candidate, String first, String last) {
    if (candidate.instruction().isEmpty()) {
      return Draft.unreadable(candidate, "nothing after " + first + ":");
    }
    return candidate.output().isEmpty()
        ? Draft.unreadable(candidate, "nothing after " + last + ":")
        : Draft.of(candidate);
  }

  private static List<Draft> checked(
      List<Draft> drafts, String answer, boolean truncated, String expected) {
    if (drafts.isEmpty()) {
      String shown = answer.length() > SHOWN ? answer.substring(0, SHOWN) : answer;
      String found = "expected " + expected + ", found none" + (truncated ? "; " + CUT : "");
      return List.of(Draft.unreadable(Candidate.of("", "", shown), found));
    }
    Draft last = drafts.get(drafts.size() - 1);
    if (truncated && last.fault().isEmpty()) {
      Rejection cut = new Rejection("format", CUT);
      drafts.set(drafts.size() - 1, new Draft(last.candidate(), Optional.of(cut)));
    }
    return drafts;
  }

  /** The answer without what a reasoning model thinks aloud before it. */
  private static String thoughtless(String answer) {
    return THOUGHT.matcher(answer).replaceFirst("");
  }
}
