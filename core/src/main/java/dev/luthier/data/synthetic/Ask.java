package dev.luthier.data.synthetic;

import java.util.List;

/**
 * One request to a writer.
 *
 * @param prompt what it is asked
 * @param sources what the prompt was made of: {@code seeds.jsonl#3} is row 3 of that file, {@code
 *     notes.txt#2} a document's second chunk
 * @param variant how the source was to be changed; empty for tasks that do not say
 * @param reader what its answer says
 */
public record Ask(String prompt, List<String> sources, String variant, AnswerReader reader) {
  /** Turns an answer into rows. */
  @FunctionalInterface
  public interface AnswerReader {
    /**
     * @param answer the writer's text
     * @param truncated whether it was cut off, so that what comes last is not whole
     */
    List<Draft> read(String answer, boolean truncated);
  }

  /** Copies the sources. */
  public Ask {
    sources = List.copyOf(sources);
  }
}
