package dev.luthier.optim;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Pages of bytes in a scratch file, of which two are in memory: one in use, and the one that is
 * expected next, which a thread reads meanwhile. What is expected is what came next the last time.
 *
 * <p>Pages are read and written, not mapped: mapped pages would count as resident for as long as
 * the system has no other use for the memory, and nobody could say in advance how many those are.
 * The system still keeps what it can of the file in its cache.
 *
 * <p>Reads and writes happen on one thread in the order in which they were asked for, so a page is
 * always read as it was last stored, and a buffer is never filled before what was in it is written.
 */
final class PageFile implements AutoCloseable {
  /** Pages in memory. */
  static final int BUFFERS = 2;

  private final Path path;
  private final FileChannel channel;
  private final ExecutorService disk = Executors.newSingleThreadExecutor(PageFile::thread);
  private final long[] starts;
  private final int[] next;
  private final Page[] buffers;
  private volatile @Nullable IOException failure;
  private @Nullable Page ahead;
  private int turn;
  private int last = -1;

  /** A page's bytes in memory, until the next page is loaded. */
  static final class Page {
    private final Tensor bytes;
    private final ByteBuffer view;
    private int number;
    private CompletableFuture<Void> ready = CompletableFuture.completedFuture(null);

    private Page(long size) {
      bytes =
          Tensors.pin(
              torch.empty(new long[] {size}, Tensors.options(ScalarType.Byte, Device.CPU), null));
      view = Tensors.bytes(bytes);
    }

    Tensor bytes() {
      return bytes;
    }
  }

  /**
   * Makes the file, all zero. It has no name once it is open, where the system allows that, so
   * nothing is left of it whatever happens.
   *
   * @param path the file; one of that name is overwritten
   * @param lengths bytes of each page
   * @throws LuthierException if it cannot be made, or the disk has no room for it
   */
  PageFile(Path path, List<Long> lengths) {
    this.path = path;
    this.starts = new long[lengths.size() + 1];
    this.next = IntStream.rangeClosed(1, lengths.size()).toArray();
    for (int i = 0; i < lengths.size(); i++) {
      starts[i + 1] = starts[i] + lengths.get(i);
    }
    this.channel = open(path, starts[lengths.size()]);
    long longest = lengths.stream().mapToLong(Long::longValue).max().orElse(0);
    this.buffers = new Page[BUFFERS];
    Arrays.setAll(buffers, i -> new Page(longest));
  }

  private static FileChannel open(Path path, long size) {
    try {
      Path folder = path.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < size) {
        throw new LuthierException(
            String.format(
                Locale.ROOT,
                "%s would hold %,d bytes of optimizer state, and %s has %,d free: make room, choose"
                    + " another --output, or set train.optimizer to one that is not paged",
                path,
                size,
                folder,
                free));
      }
      FileChannel channel =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.SPARSE,
              StandardOpenOption.DELETE_ON_CLOSE);
      channel.write(ByteBuffer.allocate(1), size - 1);
      return channel;
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be created: " + Reason.of(e), e);
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "luthier-pages");
    thread.setDaemon(true);
    return thread;
  }

  /** The page as it was last stored; the one expected after it is read meanwhile. */
  Page load(int number) {
    Page page = ahead != null && ahead.number == number ? ahead : start(number);
    if (last >= 0) {
      next[last] = number;
    }
    last = number;
    page.ready.join();
    checkFailure();
    int expected = next[number];
    ahead = expected < next.length && expected != number ? start(expected) : null;
    return page;
  }

  /** Begins to read a page into the buffer that was not filled last. */
  private Page start(int number) {
    turn = (turn + 1) % BUFFERS;
    Page page = buffers[turn];
    page.number = number;
    page.ready = transfer(page, channel::read);
    return page;
  }

  /** Keeps what is in the page now. */
  void store(Page page) {
    transfer(page, channel::write);
  }

  /** The channel's way to move bytes at a position. */
  private interface Transfer {
    int apply(ByteBuffer bytes, long at) throws IOException;
  }

  private CompletableFuture<Void> transfer(Page page, Transfer transfer) {
    long from = starts[page.number];
    ByteBuffer bytes = page.view.duplicate().position(0);
    bytes.limit(Math.toIntExact(starts[page.number + 1] - from));
    return CompletableFuture.runAsync(
        () -> {
          try {
            while (bytes.hasRemaining()) {
              transfer.apply(bytes, from + bytes.position());
            }
          } catch (IOException e) {
            failure = e;
          }
        },
        disk);
  }

  private void checkFailure() {
    IOException e = failure;
    if (e != null) {
      throw new LuthierException(
          path
              + ", which holds the optimizer's state, cannot be read or written: "
              + Reason.of(e)
              + ". Correct that, and go on from the last checkpoint with --resume",
          e);
    }
  }

  /** Waits for what is under way, and deletes the file. */
  @Override
  public void close() {
    CompletableFuture.runAsync(() -> {}, disk).join();
    disk.shutdown();
    try {
      channel.close();
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be closed: " + Reason.of(e), e);
    }
    for (Page page : buffers) {
      Tensors.release(page.bytes);
    }
  }
}
