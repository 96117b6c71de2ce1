package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredReferenceTest {
  @TempDir private Path temp = Path.of("");

  private static TokenSequence answer(int first, int length) {
    int[] tokens = new int[length];
    int[] labels = new int[length];
    for (int i = 0; i < length; i++) {
      tokens[i] = first + i;
      labels[i] = i < 2 ? TokenSequence.IGNORED : tokens[i];
    }
    return new TokenSequence(tokens, labels, 1).as(Part.CHOSEN);
  }

  private static final List<Batch> APART =
      List.of(
          new Collator(0).packed(List.of(List.of(answer(1, 4)), List.of(answer(5, 6)))),
          new Collator(0, 16).packed(List.of(List.of(answer(9, 3), answer(2, 4)))));

  /** Says of an answer how often it was asked before. */
  private static Reference counting(AtomicInteger asked) {
    return batches ->
        batches.stream().map(b -> Reference.with(b, i -> -asked.incrementAndGet() / 3.0)).toList();
  }

  private static List<Double> references(Batch batch) {
    return batch.form().answers().stream().map(Batch.Answer::reference).toList();
  }

  @Test
  void each_answer_is_asked_once_and_found_again_however_it_is_packed() {
    Path file = temp.resolve("reference.jsonl");
    AtomicInteger asked = new AtomicInteger();
    StoredReference first = new StoredReference(file, "m");
    assertThat(first.has(APART)).isFalse();
    assertThat(first.complete(APART, counting(asked), () -> false, done -> {})).isTrue();
    StoredReference again = new StoredReference(file, "m");
    assertThat(again.has(APART)).isTrue();
    again.complete(APART, counting(asked), () -> false, done -> {});
    assertThat(asked).hasValue(4);
    Batch packed =
        new Collator(0).packed(List.of(List.of(answer(2, 4), answer(1, 4), answer(5, 6))));
    assertThat(references(again.over(List.of(packed)).get(0)))
        .containsExactly(-4 / 3.0, -1 / 3.0, -2 / 3.0);
  }

  @Test
  void what_was_done_before_an_interruption_stays() {
    Path file = temp.resolve("reference.jsonl");
    AtomicInteger asked = new AtomicInteger();
    boolean whole =
        new StoredReference(file, "m")
            .complete(APART, counting(asked), () -> asked.get() > 0, done -> {});
    assertThat(whole).isFalse();
    assertThat(new StoredReference(file, "m").has(APART.subList(0, 1))).isTrue();
    assertThat(new StoredReference(file, "m").has(APART)).isFalse();
  }

  @Test
  void another_references_file_and_a_damaged_one_are_refused() throws Exception {
    Path file = temp.resolve("reference.jsonl");
    new StoredReference(file, "m")
        .complete(APART, counting(new AtomicInteger()), () -> false, done -> {});
    assertThatThrownBy(() -> new StoredReference(file, "other"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("reference.cache");
    String text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() - 9));
    assertThatThrownBy(() -> new StoredReference(file, "m"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("damaged");
  }
}
