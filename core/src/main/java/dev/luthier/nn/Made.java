package dev.luthier.nn;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A matrix that is made from another form while its block runs. */
abstract sealed class Made implements Weight permits Packed, Quantized, Rounded, Streamed {
  private final MatrixPool pool;
  private final long rows;
  private final long columns;
  private @Nullable Tensor held;

  /**
   * @param pool where it lies while it is there
   */
  Made(MatrixPool pool, long rows, long columns) {
    this.pool = pool;
    this.rows = rows;
    this.columns = columns;
  }

  /** Writes the matrix (rows, columns). */
  abstract void write(Tensor target);

  /** Makes one, in room of the pool. */
  Tensor make() {
    Tensor matrix = pool.take(rows, columns);
    try (PointerScope scope = new PointerScope()) {
      write(matrix);
    }
    return matrix;
  }

  long columns() {
    return columns;
  }

  boolean isHeld() {
    return held != null;
  }

  @Override
  public void hold() {
    if (held == null) {
      held = make();
    }
  }

  @Override
  public final void drop() {
    if (held != null) {
      pool.give(held);
      held = null;
    }
  }

  @Override
  public final Tensor matrix() {
    return held == null ? make() : held;
  }

  @Override
  public final void release(Tensor matrix) {
    if (matrix != held) {
      pool.give(matrix);
    }
  }
}
