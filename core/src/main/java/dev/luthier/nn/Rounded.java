package dev.luthier.nn;

import org.bytedeco.pytorch.Tensor;

/** Trained matrices in float32, rounded to the compute dtype while their block runs. */
final class Rounded extends Made {
  private final Dense exact;

  Rounded(Dense exact, MatrixPool pool) {
    super(pool, exact.stored().size(0), exact.stored().size(1));
    this.exact = exact;
  }

  @Override
  void write(Tensor target) {
    target.copy_(exact.stored().detach());
  }

  @Override
  public Tensor rows(int from, int count) {
    return exact.rows(from, count);
  }

  @Override
  public boolean isTransposed() {
    return exact.isTransposed();
  }

  @Override
  public boolean trained() {
    return exact.trained();
  }

  @Override
  public void addGradient(Tensor dy, Tensor x) {
    exact.addGradient(dy, x);
  }
}
