package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Parallel;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Blocks' inputs in a scratch file. One thread writes behind the step and reads ahead of it, in the
 * order in which it is asked to; on the way back the input that comes next is read while the block
 * before it runs. At most three inputs are in memory: the one in use, one that is being written and
 * one that is being read.
 */
final class SpilledInputs implements SavedInputs {
  private final Path path;
  private final Device device;
  private final FileChannel channel;
  private final ExecutorService disk = Executors.newSingleThreadExecutor(SpilledInputs::thread);
  private final List<Place> order = new ArrayList<>();
  private final Map<Key, Integer> numbers = new HashMap<>();
  private CompletableFuture<Void> writing = CompletableFuture.completedFuture(null);
  private @Nullable Ahead ahead;
  private long end;

  private record Key(int block, int microBatch) {}

  private record Place(Key key, long at, long[] shape, ScalarType dtype) {}

  private record Ahead(Place place, CompletableFuture<Tensor> tensor) {}

  /**
   * @param path the file; it has no name once it is open, where the system allows that
   * @param device where the inputs are used
   */
  SpilledInputs(Path path, Device device) {
    this.path = path;
    this.device = device;
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      this.channel =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw failed("created", e);
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "luthier-saved-inputs");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void save(int block, int microBatch, Tensor x) {
    Key key = new Key(block, microBatch);
    Place place = new Place(key, end, Tensors.shape(x), Tensors.dtype(x));
    numbers.put(key, order.size());
    order.add(place);
    Tensor bytes = Tensors.pin(x.contiguous().cpu());
    x.close();
    end += bytes.nbytes();
    Parallel.join(writing);
    writing =
        CompletableFuture.runAsync(
            () -> {
              transfer(bytes, place.at, channel::write, "written");
              Tensors.release(bytes);
            },
            disk);
  }

  @Override
  public Tensor load(int block, int microBatch) {
    Parallel.join(writing);
    int number = Objects.requireNonNull(numbers.get(new Key(block, microBatch)));
    Place place = order.get(number);
    Tensor read = Parallel.join(ahead != null && ahead.place == place ? ahead.tensor : read(place));
    Place next = before(place);
    ahead = next == null ? null : new Ahead(next, read(next));
    return read;
  }

  /** What the way back asks for after this: the block's next micro-batch, or the block below. */
  private @Nullable Place before(Place place) {
    Key key = place.key;
    Integer next = numbers.get(new Key(key.block, key.microBatch + 1));
    if (next == null) {
      next = numbers.get(new Key(key.block - 1, 0));
    }
    return next == null ? null : order.get(next);
  }

  private CompletableFuture<Tensor> read(Place place) {
    return CompletableFuture.supplyAsync(
        () -> {
          Tensor x =
              Tensors.pin(torch.empty(place.shape, Tensors.options(place.dtype, Device.CPU), null));
          transfer(x, place.at, channel::read, "read");
          return x;
        },
        disk);
  }

  /** The channel's way to move bytes at a position. */
  private interface Transfer {
    int apply(ByteBuffer bytes, long at) throws IOException;
  }

  private void transfer(Tensor tensor, long at, Transfer transfer, String verb) {
    ByteBuffer bytes = Tensors.bytes(tensor);
    try {
      while (bytes.hasRemaining()) {
        if (transfer.apply(bytes, at + bytes.position()) < 0) {
          throw new IOException("it ends at " + (at + bytes.position()) + " bytes");
        }
      }
    } catch (IOException e) {
      throw failed(verb, e);
    }
  }

  private LuthierException failed(String verb, IOException e) {
    return new LuthierException(
        path
            + ", which holds the inputs of the model's blocks, cannot be "
            + verb
            + ": "
            + Reason.of(e)
            + ". Make room there, or set memory.savedInputs=memory",
        e);
  }

  @Override
  public void release(Tensor x) {
    Tensors.release(x);
  }

  @Override
  public void close() {
    CompletableFuture.runAsync(() -> {}, disk).join();
    disk.shutdown();
    if (ahead != null && !ahead.tensor.isCompletedExceptionally()) {
      Tensors.release(ahead.tensor.join());
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw failed("closed", e);
    }
  }
}
