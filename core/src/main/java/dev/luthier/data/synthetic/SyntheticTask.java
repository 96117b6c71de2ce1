package dev.luthier.data.synthetic;

import java.util.List;
import java.util.OptionalInt;

/** What a writer is asked, request after request. A function of its arguments alone. */
public sealed interface SyntheticTask permits SelfInstruct, Paraphrase, Augment, QuestionAnswer {
  /** How many different requests there are; empty where they never end. */
  OptionalInt requests();

  /**
   * A request.
   *
   * @param request its number, from 0
   * @param kept rows that it may build on, in the order in which they were kept
   */
  Ask ask(int request, List<SeedTask> kept);

  /** Texts that count as known before anything is written. */
  List<String> known();

  /** Whether later requests build on rows kept before. */
  default boolean grows() {
    return false;
  }
}
