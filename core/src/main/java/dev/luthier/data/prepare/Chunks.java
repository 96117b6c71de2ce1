package dev.luthier.data.prepare;

import dev.luthier.data.OrderedWork;
import dev.luthier.format.AtomicFile;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** The encoded rows, so many to a file. A file is there when it is whole. */
final class Chunks {
  private final Workspace work;
  private final int size;
  private int count;
  private final List<Encoded> open = new ArrayList<>();

  /**
   * @param size rows of a chunk: what is done again at most after an interruption
   */
  Chunks(Workspace work, int size) {
    this.work = work;
    this.size = size;
    while (Files.exists(work.chunk(count))) {
      count++;
    }
  }

  private record Waiting(byte target, int file, Judged.Kept row) {}

  /**
   * Encodes what is not encoded yet.
   *
   * @param files how many pieces there are
   * @param targets for each row of the pieces, its split, or below 0
   */
  void encode(RowTokens tokens, int threads, int files, byte[] targets, Watcher watcher) {
    long all = 0;
    for (byte target : targets) {
      all += target >= 0 ? 1 : 0;
    }
    long total = all;
    long done = (long) count * size;
    long[] selected = {0};
    int[] ordinal = {0};
    try (OrderedWork<Waiting, Encoded> encoding =
        new OrderedWork<>(
            threads, row -> tokens.encode(row.target(), row.file(), row.row()), this::add)) {
      for (int i = 0; i < files; i++) {
        int file = i;
        work.piece(i)
            .read(
                row -> {
                  byte target = targets[ordinal[0]++];
                  if (target >= 0 && selected[0]++ >= done) {
                    watcher.at("encoding", selected[0], total);
                    encoding.add(new Waiting(target, file, row));
                  }
                });
      }
      encoding.finish();
      write();
    }
  }

  private void add(Encoded row) {
    open.add(row);
    if (open.size() == size) {
      write();
    }
  }

  private void write() {
    if (open.isEmpty()) {
      return;
    }
    AtomicFile.write(
        work.chunk(count),
        channel -> {
          DataOutputStream out = Records.to(Channels.newOutputStream(channel));
          out.writeInt(open.size());
          for (Encoded row : open) {
            row.write(out);
          }
          out.flush();
        });
    count++;
    open.clear();
  }

  /** How many there are. */
  int count() {
    return count;
  }

  /** Reads a chunk. */
  void read(int chunk, Piece.Sink<Encoded> sink) throws IOException {
    try (DataInputStream in = Records.from(Files.newInputStream(work.chunk(chunk)))) {
      int rows = in.readInt();
      for (int i = 0; i < rows; i++) {
        sink.row(Encoded.read(in));
      }
    }
  }
}
