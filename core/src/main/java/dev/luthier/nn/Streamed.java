package dev.luthier.nn;

import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Parallel;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Frozen matrices that stay on the disk and are read each time their block runs. A thread reads
 * ahead, so that reading and computing overlap.
 */
final class Streamed extends Made {
  private static final ExecutorService READER =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "luthier-read-ahead");
            thread.setDaemon(true);
            return thread;
          });

  private final List<String> names;
  private final int[] rows;
  private final TensorSource source;
  private final boolean transposed;
  private @Nullable CompletableFuture<Tensor> coming;

  /**
   * @param names of the matrices, (rows[i], columns) each
   */
  Streamed(List<String> names, int[] rows, int columns, TensorSource source, MatrixPool pool) {
    this(names, rows, columns, false, source, pool);
  }

  private Streamed(
      List<String> names,
      int[] rows,
      int columns,
      boolean transposed,
      TensorSource source,
      MatrixPool pool) {
    super(pool, Arrays.stream(rows).asLongStream().sum(), columns);
    this.names = names;
    this.rows = rows;
    this.transposed = transposed;
    this.source = source;
  }

  /** One matrix that is stored (columns, rows). */
  static Streamed transposed(
      String name, int rows, int columns, TensorSource source, MatrixPool pool) {
    return new Streamed(List.of(name), new int[] {rows}, columns, true, source, pool);
  }

  @Override
  public boolean isTransposed() {
    return transposed;
  }

  @Override
  public void prefetch() {
    if (!isHeld() && coming == null) {
      coming = CompletableFuture.supplyAsync(super::make, READER);
    }
  }

  @Override
  Tensor make() {
    CompletableFuture<Tensor> reading = coming;
    coming = null;
    if (reading == null) {
      return super.make();
    }
    return Parallel.join(reading);
  }

  @Override
  void write(Tensor target) {
    try (Grad off = Grad.off()) {
      if (transposed) {
        Tensor stored =
            torch.empty(new long[] {target.size(1), target.size(0)}, target.options(), null);
        source.read(names.get(0), Init.NORMAL, stored);
        target.copy_(stored.t());
        return;
      }
      long at = 0;
      for (int i = 0; i < rows.length; i++) {
        source.read(names.get(i), Init.NORMAL, target.narrow(0, at, rows[i]));
        at += rows[i];
      }
    }
  }

  @Override
  public Tensor rows(int from, int count) {
    Tensor matrix = matrix();
    try (Op op = new Op()) {
      return op.out(matrix.narrow(0, from, count).to(ScalarType.Float, false, true, null));
    } finally {
      release(matrix);
    }
  }

  @Override
  public boolean trained() {
    return false;
  }

  @Override
  public void addGradient(Tensor dy, Tensor x) {
    throw new IllegalStateException("a streamed matrix is not trained");
  }
}
