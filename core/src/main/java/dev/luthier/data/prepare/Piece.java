package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is left of one source file after the stages that look at single rows: the rows, the dropped
 * rows, and an account. The account is written last; a piece without one is begun anew.
 */
final class Piece {
  private static final int BUFFER = 1 << 16;

  private final Path rows;
  private final Path dropped;
  private final Path account;

  Piece(Path folder, int number) {
    this.rows = folder.resolve("piece-" + number + ".rows");
    this.dropped = folder.resolve("piece-" + number + ".dropped");
    this.account = folder.resolve("piece-" + number + ".json");
  }

  /**
   * A row of a piece.
   *
   * @param number in its file
   * @param json its example
   * @param stratum what it is stratified by; may be empty
   * @param group what keeps it together with others; may be empty
   */
  @SuppressWarnings("ArrayRecordComponent")
  record PieceRow(int number, byte[] json, String stratum, String group) {}

  /**
   * How many rows a file had, and what became of them.
   *
   * @param rows in the file
   * @param dropped by stage and kind
   */
  record Account(long rows, Map<Stages, Map<String, Long>> dropped) {}

  boolean finished() {
    return Files.exists(account);
  }

  /** Takes rows as they come. */
  final class Writer implements AutoCloseable {
    private final DataOutputStream out = output(rows);
    private final DataOutputStream lost = output(dropped);
    private final Map<Stages, Map<String, Long>> counts = new TreeMap<>();
    private long total;

    void add(Judged judged) {
      total++;
      try {
        if (judged instanceof Judged.Kept row) {
          out.writeInt(row.row());
          write(out, row.stratum().getBytes(StandardCharsets.UTF_8));
          write(out, row.group().getBytes(StandardCharsets.UTF_8));
          write(out, row.json());
        } else if (judged instanceof Judged.Dropped row) {
          counts
              .computeIfAbsent(row.stage(), s -> new TreeMap<>())
              .merge(row.kind(), 1L, Long::sum);
          lost.writeInt(row.row());
          write(lost, row.stage().toString().getBytes(StandardCharsets.UTF_8));
          write(lost, row.reason().getBytes(StandardCharsets.UTF_8));
          write(lost, row.text().getBytes(StandardCharsets.UTF_8));
        }
      } catch (IOException e) {
        throw failed(rows, e);
      }
    }

    long rows() {
      return total;
    }

    void finish() {
      try {
        out.close();
        lost.close();
        force(rows);
        force(dropped);
      } catch (IOException e) {
        throw failed(rows, e);
      }
      ObjectNode json = Json.object();
      json.put("rows", total);
      ObjectNode stages = json.putObject("dropped");
      counts.forEach(
          (stage, kinds) -> {
            ObjectNode node = stages.putObject(stage.toString());
            kinds.forEach(node::put);
          });
      Json.write(account, json);
    }

    @Override
    public void close() {
      try {
        out.close();
        lost.close();
      } catch (IOException e) {
        throw failed(rows, e);
      }
    }
  }

  Account account() {
    ObjectNode json = Json.read(account);
    Map<Stages, Map<String, Long>> counts = new TreeMap<>();
    json.path("dropped")
        .properties()
        .forEach(
            stage -> {
              Map<String, Long> kinds = new TreeMap<>();
              stage
                  .getValue()
                  .properties()
                  .forEach(kind -> kinds.put(kind.getKey(), kind.getValue().asLong()));
              counts.put(Stages.named(stage.getKey()), kinds);
            });
    return new Account(json.path("rows").asLong(), counts);
  }

  /** Takes the rows of a piece in order. */
  interface RowSink {
    void row(PieceRow row) throws IOException;
  }

  /** Takes the dropped rows of a piece in order. */
  interface DroppedSink {
    void dropped(int row, String stage, String reason, String text) throws IOException;
  }

  void read(RowSink sink) {
    try (DataInputStream in = input(rows)) {
      while (true) {
        int number;
        try {
          number = in.readInt();
        } catch (EOFException end) {
          return;
        }
        String stratum = text(in);
        String group = text(in);
        sink.row(new PieceRow(number, bytes(in), stratum, group));
      }
    } catch (IOException e) {
      throw failed(rows, e);
    }
  }

  void readDropped(DroppedSink sink) {
    try (DataInputStream in = input(dropped)) {
      while (true) {
        int number;
        try {
          number = in.readInt();
        } catch (EOFException end) {
          return;
        }
        sink.dropped(number, text(in), text(in), text(in));
      }
    } catch (IOException e) {
      throw failed(dropped, e);
    }
  }

  /** The account must not be there after a crash when the rows are not. */
  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static DataOutputStream output(Path file) {
    try {
      return new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER));
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static DataInputStream input(Path file) {
    try {
      return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER));
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static LuthierException failed(Path file, IOException e) {
    return new LuthierException(
        file + " cannot be used: " + Reason.of(e) + ". What is done so far stays; run again.", e);
  }
}
