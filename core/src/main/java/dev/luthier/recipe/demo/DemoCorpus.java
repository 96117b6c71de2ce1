package dev.luthier.recipe.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The text that the demo's base model is pre-trained on: short stories, and conversations in ChatML
 * that copy, shorten and question sentences and sequences of words.
 *
 * <p>The base answers a sentence with the same sentence; Yoda-speak occurs nowhere here, and none
 * of the sentences of {@link DemoData} does, so what the fine-tuned model can do it learned from
 * its own rows. A sentence's parts are asked for one by one ("Where?", "Leave out the place:"), so
 * that the base knows them.
 */
public final class DemoCorpus {
  /** The seed of the corpus that the shipped base was trained on. */
  public static final long SEED = 42;

  /** Bytes of the corpus that the shipped base was trained on. */
  public static final long BYTES = 10_000_000;

  private final Draw draw;
  private final StoryWriter stories;
  private final SentenceTasks sentences;
  private final WordTasks words;
  private final TalkTasks talk;

  /**
   * @param seed any number; equal seeds give equal documents
   */
  public DemoCorpus(long seed) {
    draw = new Draw(seed);
    SentenceGrammar grammar = new SentenceGrammar(draw);
    stories = new StoryWriter(draw, grammar);
    sentences = new SentenceTasks(draw, grammar);
    words = new WordTasks(draw);
    talk = new TalkTasks(draw);
  }

  /** The next document: a paragraph, or a conversation that ends in a line break. */
  public String next() {
    int sort = draw.below(100);
    if (sort < 16) {
      return stories.story();
    }
    if (sort < 24) {
      return stories.scene();
    }
    return Turn.chatMl(conversation());
  }

  /**
   * Writes JSON lines with a {@code text} column: the fewest that make up {@code bytes} bytes.
   *
   * @throws dev.luthier.LuthierException if the file cannot be written
   */
  public static void write(Path jsonl, long seed, long bytes) {
    DemoCorpus corpus = new DemoCorpus(seed);
    Iterator<Map<String, String>> rows =
        Stream.generate(() -> Map.of("text", corpus.next())).iterator();
    JsonLines.write(jsonl, rows, bytes);
  }

  private List<Turn> conversation() {
    List<Turn> turns = new ArrayList<>();
    int parts = draw.chance(50) ? 1 : draw.between(2, 4);
    for (int i = 0; i < parts; i++) {
      int sort = draw.below(100);
      if (sort < 52) {
        turns.add(sentences.next());
      } else if (sort < 62) {
        turns.addAll(sentences.conversation());
      } else if (sort < 90) {
        turns.add(words.next());
      } else if (sort < 98) {
        turns.addAll(talk.next());
      } else {
        turns.add(new Turn(draw.of("Tell me a story.", "Write a story."), stories.story()));
      }
    }
    return turns;
  }
}
