package dev.luthier.data.synthetic;

import java.util.Locale;

/** How a task becomes another one. Harder, concrete and breadth are Evol-Instruct's. */
public enum Variant {
  /** One more demand or step. */
  HARDER(
      Candidate.Part.INSTRUCTION,
      "Make the task somewhat harder: add one constraint, or one more step of reasoning."),
  /** Fewer demands. */
  EASIER(
      Candidate.Part.INSTRUCTION,
      "Make the task clearly easier, so that a beginner could do it, and change what it is about."),
  /** Particulars for generalities. */
  CONCRETE(
      Candidate.Part.INSTRUCTION,
      "Replace general concepts of the task by concrete, particular ones."),
  /** Another subject. */
  BREADTH(
      Candidate.Part.INSTRUCTION,
      "Write a new task of the same difficulty in the same field, on a rarer subject."),
  /** Another register. */
  STYLE(
      Candidate.Part.INSTRUCTION,
      "Keep what the task asks for, but let another kind of person ask it for another purpose, in"
          + " their own words; the output suits that person."),
  /** Another input. */
  INPUT(
      Candidate.Part.INPUT,
      "Keep the instruction word for word and write a new input, on another subject, with its"
          + " output."),
  /** Another answer. */
  ANSWER(
      Candidate.Part.OUTPUT,
      "Keep instruction and input word for word and write another output, as correct as the one"
          + " below, in other words and with another structure.");

  private final Candidate.Part novel;
  private final String words;

  Variant(Candidate.Part novel, String words) {
    this.novel = novel;
    this.words = words;
  }

  /** The part of a row that must be new. */
  Candidate.Part novel() {
    return novel;
  }

  /** What the writer is told. */
  String words() {
    return words;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
