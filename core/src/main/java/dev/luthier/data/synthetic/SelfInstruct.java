package dev.luthier.data.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * New tasks in the manner of old ones: Wang et al. 2022, "Self-Instruct: Aligning Language Models
 * with Self-Generated Instructions", arXiv 2212.10560, section 2. A prompt shows eight tasks, six
 * of them seeds and two written earlier, and asks for more. Input and output are asked for together
 * with the instruction, as Stanford Alpaca does (Taori et al. 2023), rather than one by one.
 *
 * @param seeds tasks to start from, at least one
 * @param seedTasks seeds in a prompt
 * @param keptTasks earlier rows in a prompt; seeds stand in for those that are not there yet
 * @param asked new tasks per request
 * @param seed what is drawn follows from it
 */
public record SelfInstruct(List<SeedTask> seeds, int seedTasks, int keptTasks, int asked, long seed)
    implements SyntheticTask {
  private static final String PROMPT =
      """
      Come up with new tasks that people might give to an assistant which reads and writes text.

      What is asked for:
      - The tasks differ from one another and from those below in subject, verb and form: \
      questions, classification, extraction, rewriting, summaries, planning, reasoning, creative \
      writing, code.
      - Each can be done with text alone: nothing to see, hear, open, look up or click.
      - The instruction is one or two sentences, a command or a question, in the language of the \
      tasks below.
      - The input is what the instruction is about: real content of at most 100 words, no \
      placeholder. Where the instruction needs none, it is <noinput>.
      - The output is the complete and correct answer, as the assistant would give it.

      Tasks so far:
      """;

  /** Copies the seeds. */
  public SelfInstruct {
    seeds = List.copyOf(seeds);
  }

  @Override
  public OptionalInt requests() {
    return OptionalInt.empty();
  }

  @Override
  public Ask ask(int request, List<SeedTask> kept) {
    Sampling sampling = new Sampling(seed, request);
    List<SeedTask> shown = new ArrayList<>(sampling.some(kept, keptTasks));
    shown.addAll(sampling.some(seeds, seedTasks + keptTasks - shown.size()));
    sampling.shuffle(shown);
    StringBuilder prompt = new StringBuilder(PROMPT);
    for (int i = 0; i < shown.size(); i++) {
      SeedTask task = shown.get(i);
      prompt.append(
          task(i + 1, task.instruction(), task.input().isEmpty() ? "<noinput>" : task.input()));
      prompt.append(i + 1).append(". Output: ").append(task.output()).append('\n');
    }
    int first = shown.size() + 1;
    prompt
        .append("###\n\nWrite tasks ")
        .append(first)
        .append(" to ")
        .append(first + asked - 1)
        .append(" in the same form, and nothing else.");
    return new Ask(
        prompt.toString(), shown.stream().map(SeedTask::source).toList(), "", Answers::tasks);
  }

  private static String task(int number, String instruction, String input) {
    return "###\n"
        + number
        + ". Instruction: "
        + instruction
        + "\n"
        + number
        + ". Input: "
        + input
        + "\n";
  }

  @Override
  public List<String> known() {
    return seeds.stream().map(SeedTask::instruction).toList();
  }

  @Override
  public boolean grows() {
    return true;
  }
}
