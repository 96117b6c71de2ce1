package dev.luthier.recipe.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The demo's fine-tuning rows: a plain sentence, without any instruction, and its Yoda-speak.
 *
 * @param train rows to tune on
 * @param heldOut rows to score with; they share no sentence with {@code train}, nor with {@link
 *     DemoCorpus}, for any seeds ({@link Split})
 */
public record DemoData(List<Sentence> train, List<Sentence> heldOut) {
  /** What the demo's own rows are drawn from. */
  public static final long SEED = 42;

  /** Rows of train.jsonl. */
  public static final int TRAIN_ROWS = 2_000;

  /** Rows of heldout.jsonl. */
  public static final int HELD_OUT_ROWS = 256;

  /** Copies both lists. */
  public DemoData {
    train = List.copyOf(train);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Draws different sentences for both parts.
   *
   * @param seed any number; equal seeds give equal rows
   */
  public static DemoData generate(long seed) {
    SentenceGrammar grammar = new SentenceGrammar(seed);
    return new DemoData(
        distinct(grammar, Split.TRAIN, TRAIN_ROWS),
        distinct(grammar, Split.HELD_OUT, HELD_OUT_ROWS));
  }

  /**
   * Writes train.jsonl and heldout.jsonl, rows with a {@code messages} column: the user's plain
   * sentence and the assistant's answer.
   *
   * @throws dev.luthier.LuthierException if a file cannot be written
   */
  public static void write(Path dir, long seed) {
    DemoData data = generate(seed);
    JsonLines.write(dir.resolve("train.jsonl"), rows(data.train), Long.MAX_VALUE);
    JsonLines.write(dir.resolve("heldout.jsonl"), rows(data.heldOut), Long.MAX_VALUE);
  }

  /**
   * Writes train.jsonl, half as many rows, and heldout.jsonl with {@code prompt}, {@code chosen}
   * and {@code rejected}: a plain sentence, its answer, and the sentence itself again, which is
   * what the base would say.
   *
   * @throws dev.luthier.LuthierException if a file cannot be written
   */
  public static void writePreferences(Path dir, long seed) {
    DemoData data = generate(seed);
    List<Sentence> train = data.train.subList(0, TRAIN_ROWS / 2);
    JsonLines.write(dir.resolve("train.jsonl"), pairs(train), Long.MAX_VALUE);
    JsonLines.write(dir.resolve("heldout.jsonl"), pairs(data.heldOut), Long.MAX_VALUE);
  }

  /**
   * Writes few.jsonl, rows to tune on that are too few, prompts.jsonl, sentences to ask, and
   * heldout.jsonl, others to evaluate on.
   *
   * @throws dev.luthier.LuthierException if a file cannot be written
   */
  public static void writeRewards(Path dir, long seed) {
    DemoData data = generate(seed);
    List<Sentence> few = data.train.subList(0, TRAIN_ROWS / 8);
    List<Sentence> asked = data.train.subList(TRAIN_ROWS / 2, TRAIN_ROWS);
    JsonLines.write(dir.resolve("few.jsonl"), rows(few), Long.MAX_VALUE);
    JsonLines.write(dir.resolve("prompts.jsonl"), prompts(asked), Long.MAX_VALUE);
    JsonLines.write(dir.resolve("heldout.jsonl"), prompts(data.heldOut), Long.MAX_VALUE);
  }

  private static Iterator<Map<String, Object>> prompts(List<Sentence> sentences) {
    return sentences.stream().map(s -> Map.<String, Object>of("prompt", s.plain())).iterator();
  }

  private static Iterator<Map<String, Object>> pairs(List<Sentence> sentences) {
    return sentences.stream()
        .map(
            s -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("prompt", s.plain());
              row.put("chosen", s.yoda());
              row.put("rejected", s.plain());
              return row;
            })
        .iterator();
  }

  private static List<Sentence> distinct(SentenceGrammar grammar, Split split, int count) {
    Set<String> seen = new HashSet<>();
    List<Sentence> sentences = new ArrayList<>(count);
    while (sentences.size() < count) {
      Sentence sentence = grammar.clause(split).sentence();
      if (seen.add(sentence.plain().toLowerCase(Locale.ROOT))) {
        sentences.add(sentence);
      }
    }
    return sentences;
  }

  private static Iterator<Map<String, Object>> rows(List<Sentence> sentences) {
    return sentences.stream().map(s -> Map.<String, Object>of("messages", messages(s))).iterator();
  }

  private static List<Map<String, String>> messages(Sentence sentence) {
    return List.of(message("user", sentence.plain()), message("assistant", sentence.yoda()));
  }

  private static Map<String, String> message(String role, String content) {
    Map<String, String> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }
}
