package dev.luthier.data.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("interop")
class SeedTasksInteropTest {
  @Test
  void the_175_seed_tasks_of_self_instruct_are_read_and_make_a_prompt() {
    List<SeedTask> seeds = SeedReader.read(Assets.path("data-alpaca/seed_tasks.jsonl"));
    assertThat(seeds).hasSize(175).allMatch(s -> !s.instruction().isBlank());
    assertThat(seeds).allMatch(s -> !s.output().isBlank());
    Ask ask = new SelfInstruct(seeds, 6, 2, 8, 1).ask(0, List.of());
    // A model that repeats the tasks it was shown is read back as it was shown them.
    String shown = ask.prompt().substring(ask.prompt().indexOf("Tasks so far:"));
    List<Draft> drafts = Answers.tasks(shown.substring(0, shown.lastIndexOf("###")), false);
    assertThat(drafts).hasSize(8).allMatch(d -> d.fault().isEmpty());
    for (int i = 0; i < 8; i++) {
      String source = ask.sources().get(i);
      SeedTask seed =
          seeds.stream().filter(s -> s.source().equals(source)).findFirst().orElseThrow();
      assertThat(drafts.get(i).candidate().instruction()).isEqualTo(seed.instruction().strip());
      assertThat(drafts.get(i).candidate().output()).isEqualTo(seed.output().strip());
    }
  }
}
