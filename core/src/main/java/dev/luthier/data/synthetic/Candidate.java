package dev.luthier.data.synthetic;

/**
 * A row that may be kept.
 *
 * @param instruction the task or question
 * @param input what the task is about; empty where the instruction says it all
 * @param output the answer
 * @param part which of them must be new
 * @param evidence the text that the answer must follow from; empty where there is none
 */
public record Candidate(
    String instruction, String input, String output, Part part, String evidence) {
  /** A part of a row. */
  public enum Part {
    /** The task or question. */
    INSTRUCTION,
    /** What it is about. */
    INPUT,
    /** The answer. */
    OUTPUT
  }

  /** A row whose instruction must be new. */
  public static Candidate of(String instruction, String input, String output) {
    return new Candidate(instruction, input, output, Part.INSTRUCTION, "");
  }

  /** The same without the text it rests on. */
  public Candidate alone() {
    return new Candidate(instruction, input, output, part, "");
  }

  /** The text that must be new. */
  public String novel() {
    return switch (part) {
      case INSTRUCTION -> instruction;
      case INPUT -> input;
      case OUTPUT -> output;
    };
  }

  /** Everything, for rules that do not mind which part it is. */
  public String whole() {
    return instruction + "\n" + input + "\n" + output;
  }
}
