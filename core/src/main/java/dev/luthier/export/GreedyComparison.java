package dev.luthier.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether ours would choose the ids with which llama.cpp went on: one pass over all of them shows
 * it.
 *
 * @param tokens that llama.cpp wrote
 * @param same how many of them, from the first on, are ours as well
 */
record GreedyComparison(int tokens, int same) {
  /** Logits that differ by less are equally good. */
  private static final float TIE = 1e-2f;

  static GreedyComparison of(OwnRun own, int[] prompt, List<Integer> greedy, Path folder)
      throws IOException {
    if (greedy.isEmpty()) {
      return new GreedyComparison(0, 0);
    }
    int[] ids = new int[prompt.length + greedy.size() - 1];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = i < prompt.length ? prompt[i] : greedy.get(i - prompt.length);
    }
    Path rows = folder.resolve("greedy.f32");
    own.write(ids, new int[0], rows);
    try (FileChannel file = FileChannel.open(rows)) {
      int width = (int) (file.size() / 4 / ids.length);
      ByteBuffer row = ByteBuffer.allocate(4 * width).order(ByteOrder.LITTLE_ENDIAN);
      int same = 0;
      while (same < greedy.size()) {
        row.clear();
        long start = 4L * width * (prompt.length - 1 + same);
        while (row.hasRemaining() && file.read(row, start + row.position()) >= 0) {}
        float best = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < width; i++) {
          best = Math.max(best, row.getFloat(4 * i));
        }
        int theirs = greedy.get(same);
        if (theirs >= width || best - row.getFloat(4 * theirs) > TIE) {
          break;
        }
        same++;
      }
      return new GreedyComparison(greedy.size(), same);
    }
  }
}
