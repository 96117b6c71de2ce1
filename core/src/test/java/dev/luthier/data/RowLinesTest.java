package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowLinesTest {
  @Test
  void rows_with_the_same_words_share_a_line() {
    RowLines lines = new RowLines(2);
    for (int row = 1; row <= 1007; row++) {
      lines.add("a.csv", row, row == 3 ? "empty" : "no such column");
    }
    assertThat(lines.indented(2))
        .isEqualTo(
            "\n  a.csv rows 1, 2, 4, 5, 6 and 1,001 more: no such column\n  a.csv row 3: empty");
  }

  @Test
  void what_does_not_fit_is_counted() {
    RowLines lines = new RowLines(2);
    lines.add("", 4, "");
    lines.add("", 7, "x");
    lines.add("", 8, "y");
    lines.add("", 9, "");
    lines.add("b", 9, "");
    lines.addUnseen(10);
    assertThat(lines.indented(1)).isEqualTo("\n rows 4, 9\n row 7: x\n and 12 more");
  }
}
