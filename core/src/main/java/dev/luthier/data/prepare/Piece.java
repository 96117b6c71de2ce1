package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import dev.luthier.data.prepare.Judged.Dropped;
import dev.luthier.data.prepare.Judged.Kept;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Reason;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What is left of one source file after the stages that look at single rows: the rows, the dropped
 * rows, and an account. The account is written last; a piece without one is begun anew.
 */
final class Piece {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path rows;
  private final Path dropped;
  private final Path account;

  Piece(Path folder, int number) {
    this.rows = folder.resolve("piece-" + number + ".rows");
    this.dropped = folder.resolve("piece-" + number + ".dropped");
    this.account = folder.resolve("piece-" + number + ".json");
  }

  boolean finished() {
    return Files.exists(account);
  }

  /** Takes rows as they come. */
  final class Writer implements AutoCloseable {
    private final DataOutputStream out = output(rows);
    private final DataOutputStream lost = output(dropped);
    private final Account counts = new Account();

    void add(Judged judged) {
      counts.add(judged);
      try {
        if (judged.outcome() instanceof Kept row) {
          out.writeInt(row.number());
          Records.write(out, row.json());
          Records.write(out, row.stratum());
          Records.write(out, row.group());
        } else if (judged.outcome() instanceof Dropped row) {
          lost.writeInt(row.number());
          lost.writeByte(row.stage().ordinal());
          Records.write(lost, row.kind());
          Records.write(lost, row.reason());
          Records.write(lost, row.hint());
          Records.write(lost, row.text());
        }
      } catch (IOException e) {
        throw unwritten(e);
      }
    }

    long rows() {
      return counts.rows();
    }

    void finish() {
      try {
        close();
        force(rows);
        force(dropped);
        AtomicFile.writeText(account, JSON.writeValueAsString(counts));
      } catch (IOException e) {
        throw unwritten(e);
      }
    }

    @Override
    public void close() {
      try (out;
          lost) {
        out.flush();
      } catch (IOException e) {
        throw unwritten(e);
      }
    }
  }

  Account account() {
    try {
      return JSON.readValue(account.toFile(), Account.class);
    } catch (IOException e) {
      throw unread(account, e);
    }
  }

  /** Takes rows in order. */
  interface Sink<T> {
    void row(T row) throws IOException;
  }

  /** The rows that are left. */
  void read(Sink<Kept> sink) {
    read(
        rows,
        account().left(),
        in -> new Kept(in.readInt(), Records.bytes(in), Records.text(in), Records.text(in)),
        sink);
  }

  /** The rows that are not. */
  void readDropped(Sink<Dropped> sink) {
    Account counts = account();
    read(
        dropped,
        counts.rows() - counts.left(),
        in ->
            new Dropped(
                in.readInt(),
                Stages.values()[in.readByte()],
                Records.text(in),
                Records.text(in),
                Records.text(in),
                Records.text(in)),
        sink);
  }

  private interface Source<T> {
    T next(DataInputStream in) throws IOException;
  }

  private static <T> void read(Path file, long count, Source<T> source, Sink<T> sink) {
    try (DataInputStream in = Records.from(Files.newInputStream(file))) {
      for (long i = 0; i < count; i++) {
        sink.row(source.next(in));
      }
    } catch (IOException e) {
      throw unread(file, e);
    }
  }

  /** The account must not be there after a crash when the rows are not. */
  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private DataOutputStream output(Path file) {
    try {
      return Records.to(Files.newOutputStream(file));
    } catch (IOException e) {
      throw unwritten(e);
    }
  }

  private LuthierException unwritten(IOException e) {
    return new LuthierException(
        rows
            + " cannot be written: "
            + Reason.of(e)
            + ". Correct that (make room, if the disk is full), and the same command goes on from"
            + " there.",
        e);
  }

  private static LuthierException unread(Path file, IOException e) {
    return new LuthierException(
        file + " cannot be read: " + Reason.of(e) + ". Delete its folder and start again.", e);
  }
}
