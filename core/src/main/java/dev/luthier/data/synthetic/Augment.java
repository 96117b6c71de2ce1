package dev.luthier.data.synthetic;

import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Tasks made from tasks by named changes, some of them those of Xu et al. 2023, "WizardLM:
 * Empowering Large Language Models to Follow Complex Instructions", arXiv 2304.12244, section 3.1.
 * Request r changes seed r mod S; the changes take turns over seeds and over passes. Where the only
 * change is to the input, seeds without one are left out.
 *
 * @param seeds S tasks
 * @param variants the changes; not empty
 * @param passes how often all seeds are gone through
 */
public record Augment(List<SeedTask> seeds, List<Variant> variants, int passes)
    implements SyntheticTask {
  private static final String PROMPT =
      """
      Below is a task for an assistant which reads and writes text. %s

      Write one task in exactly this form and nothing else, in the language of the task below. \
      The input is <noinput> where the instruction needs none.

      Instruction: ...
      Input: ...
      Output: ...

      The task:

      Instruction: %s
      Input: %s
      Output: %s""";

  /**
   * Copies the lists.
   *
   * @throws LuthierException when no seed can be changed
   */
  public Augment {
    variants = List.copyOf(variants);
    boolean inputs = variants.stream().allMatch(variant -> variant == Variant.INPUT);
    seeds = seeds.stream().filter(seed -> !inputs || !seed.input().isEmpty()).toList();
    if (seeds.isEmpty()) {
      throw new LuthierException(
          "no seed has an input that ask.variants=[input] could change: name other variants too");
    }
  }

  @Override
  public OptionalInt requests() {
    return OptionalInt.of(Math.multiplyExact(seeds.size(), passes));
  }

  @Override
  public Ask ask(int request, List<SeedTask> kept) {
    int index = request % seeds.size();
    SeedTask task = seeds.get(index);
    Variant variant = variant(task, index + request / seeds.size());
    return new Ask(
        PROMPT.formatted(
            variant.words(),
            task.instruction(),
            task.input().isEmpty() ? "<noinput>" : task.input(),
            task.output()),
        List.of(task.source()),
        variant.toString(),
        (answer, truncated) -> changed(task, variant, Answers.tasks(answer, truncated)));
  }

  /** A task without input cannot get another one: it takes another change instead. */
  private Variant variant(SeedTask task, int turn) {
    Variant variant = variants.get(turn % variants.size());
    if (variant == Variant.INPUT && task.input().isEmpty()) {
      List<Variant> others = variants.stream().filter(v -> v != Variant.INPUT).toList();
      return others.get(turn % others.size());
    }
    return variant;
  }

  /** What was to stay is put back as it was, however the writer copied it. */
  private static List<Draft> changed(SeedTask task, Variant variant, List<Draft> drafts) {
    List<Draft> changed = new ArrayList<>();
    for (Draft draft : drafts) {
      Candidate c = draft.candidate();
      boolean keeps = variant.novel() != Candidate.Part.INSTRUCTION;
      changed.add(
          new Draft(
              new Candidate(
                  keeps ? task.instruction() : c.instruction(),
                  variant.novel() == Candidate.Part.OUTPUT ? task.input() : c.input(),
                  c.output(),
                  variant.novel(),
                  ""),
              draft.fault()));
    }
    return changed;
  }

  @Override
  public List<String> known() {
    return seeds.stream()
        .flatMap(s -> Stream.of(s.instruction(), s.input(), s.output()))
        .filter(text -> !text.isBlank())
        .toList();
  }
}
