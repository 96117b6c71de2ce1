package dev.luthier.recipe.generate;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.synthetic.Variant;
import java.util.List;

/**
 * What one request asks for.
 *
 * @param seedTasks seeds that a prompt of self-instruct shows
 * @param keptTasks rows kept before that it shows
 * @param tasks new tasks that self-instruct asks for
 * @param wordings that paraphrase asks for
 * @param variants the changes that augment makes; empty means all
 * @param questions that qa asks for
 * @param chunkChars characters of a document's chunk, at most
 * @param withPassage whether a row of qa has the chunk as its input
 * @param passes how often paraphrase, augment and qa go through their sources
 */
public record AskSettings(
    @Setting(help = "self-instruct: seeds in a prompt", value = "6") int seedTasks,
    @Setting(help = "self-instruct: rows kept before, in a prompt", value = "2") int keptTasks,
    @Setting(help = "self-instruct: new tasks per request", value = "8") int tasks,
    @Setting(help = "paraphrase: wordings per request", value = "3") int wordings,
    @Setting(
            help =
                "augment: of harder, easier, concrete, breadth, style, input, answer; none means"
                    + " all",
            value = "")
        List<Variant> variants,
    @Setting(help = "qa: questions per chunk", value = "3") int questions,
    @Setting(help = "qa: characters of a document's chunk, at most", value = "2000") int chunkChars,
    @Setting(help = "qa: give the row the chunk as its input", value = "false") boolean withPassage,
    @Setting(help = "times through the sources, but self-instruct", value = "1") int passes) {

  /** Checks everything at once. */
  public AskSettings {
    variants = List.copyOf(variants);
    new Complaints()
        .unless(seedTasks >= 1, "ask.seedTasks", seedTasks, "must be at least 1")
        .unless(keptTasks >= 0, "ask.keptTasks", keptTasks, "must be 0 or more")
        .unless(tasks >= 1, "ask.tasks", tasks, "must be at least 1")
        .unless(wordings >= 1, "ask.wordings", wordings, "must be at least 1")
        .unless(questions >= 1, "ask.questions", questions, "must be at least 1")
        .unless(chunkChars >= 100, "ask.chunkChars", chunkChars, "must be at least 100")
        .unless(passes >= 1, "ask.passes", passes, "must be at least 1")
        .throwIfAny();
  }

  /** The changes that augment makes. */
  List<Variant> changes() {
    return variants.isEmpty() ? List.of(Variant.values()) : variants;
  }
}
