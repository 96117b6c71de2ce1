package dev.luthier.data.synthetic;

import java.util.List;
import java.util.OptionalInt;

/**
 * The same tasks in other words: input and answer stay, the instruction is written anew.
 *
 * @param seeds the tasks, one request each
 * @param asked wordings per request
 * @param passes how often all seeds are gone through
 */
public record Paraphrase(List<SeedTask> seeds, int asked, int passes) implements SyntheticTask {
  private static final String PROMPT =
      """
      Below is something that a person asked an assistant. Ask the same in %d other ways: other \
      words, other sentence forms, short and long, plain and polite, in the same language. Nothing \
      may be added or left out: the answer to each must be the same. Write a numbered list of the \
      %d wordings and nothing else.

      %s""";

  /** Copies the seeds. */
  public Paraphrase {
    seeds = List.copyOf(seeds);
  }

  @Override
  public OptionalInt requests() {
    return OptionalInt.of(Math.multiplyExact(seeds.size(), passes));
  }

  @Override
  public Ask ask(int request, List<SeedTask> kept) {
    SeedTask task = seeds.get(request % seeds.size());
    return new Ask(
        PROMPT.formatted(asked, asked, task.instruction()),
        List.of(task.source()),
        "",
        (answer, truncated) -> Answers.wordings(answer, truncated, task, asked));
  }

  @Override
  public List<String> known() {
    return seeds.stream().map(SeedTask::instruction).toList();
  }
}
