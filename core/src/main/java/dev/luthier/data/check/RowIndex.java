package dev.luthier.data.check;

import java.util.Arrays;

/** Where the rows stand that were numbered on; eight bytes each. */
final class RowIndex {
  private int[] files = new int[1024];
  private int[] numbers = new int[1024];
  private int size;

  void add(int file, int number) {
    if (size == files.length) {
      files = Arrays.copyOf(files, size + size / 2);
      numbers = Arrays.copyOf(numbers, size + size / 2);
    }
    files[size] = file;
    numbers[size++] = number;
  }

  int file(int row) {
    return files[row];
  }

  int number(int row) {
    return numbers[row];
  }
}
