package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.data.quality.SampleSize.Note;
import dev.luthier.data.quality.SampleSize.Size;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SampleSizeTest {
  private static List<String> purposes(Size size) {
    return SampleSize.notes(size).stream().map(Note::purpose).toList();
  }

  @Test
  void five_points_at_95_percent_need_385_rows() {
    assertThat(SampleSize.rowsFor(5)).isEqualTo(385);
    assertThat(SampleSize.margin(385)).isLessThanOrEqualTo(5).isCloseTo(5, within(0.01));
    assertThat(SampleSize.margin(384)).isGreaterThan(5);
    assertThat(SampleSize.margin(100)).isCloseTo(9.8, within(1e-9));
  }

  @Test
  void a_set_that_is_large_enough_has_no_notes() {
    assertThat(
            SampleSize.notes(
                new Size(1000, 8, 1, Optional.of(385L), Map.of("yes", 500L, "no", 500L))))
        .isEmpty();
  }

  @Test
  void every_limit_has_its_note() {
    assertThat(purposes(new Size(49, 5, 1, Optional.empty(), Map.of())))
        .containsExactly("any task");
    assertThat(purposes(new Size(50, 5, 1, Optional.empty(), Map.of())))
        .containsExactly("new facts");
    assertThat(purposes(new Size(2000, 8, 1, Optional.of(384L), Map.of())))
        .containsExactly("evaluation");
    assertThat(purposes(new Size(2000, 8, 1, Optional.of(0L), Map.of())))
        .containsExactly("evaluation");
    assertThat(purposes(new Size(2000, 8, 1, Optional.empty(), Map.of("a", 1951L, "b", 49L))))
        .containsExactly("classes");
    assertThat(purposes(new Size(2000, 256, 1, Optional.empty(), Map.of())))
        .containsExactly("steps");
    assertThat(purposes(new Size(2000, 256, 2, Optional.empty(), Map.of()))).isEmpty();
  }

  @Test
  void a_note_says_the_numbers_and_the_source() {
    Note note =
        SampleSize.notes(new Size(2000, 8, 1, Optional.of(100L), Map.of())).iterator().next();
    assertThat(note.sentence()).contains("100 held-out rows", "±9.8 points", "need 385");
    assertThat(note.source()).contains("sqrt");
  }

  @Test
  void one_row_is_not_called_rows() {
    assertThat(SampleSize.notes(new Size(1, 8, 1, Optional.of(1L), Map.of())))
        .hasSize(3)
        .allSatisfy(
            note -> assertThat(note.sentence()).doesNotContain("1 rows", "1 optimizer steps"))
        .anyMatch(note -> note.sentence().startsWith("1 row at 8 a step: 1 optimizer step,"));
  }
}
