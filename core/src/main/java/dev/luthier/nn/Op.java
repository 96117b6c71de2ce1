package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** One operation's scope: what it does not hand out is freed at its end. */
final class Op implements AutoCloseable {
  private final @Nullable PointerScope outer;
  private final PointerScope inner = new PointerScope();

  /** Results go to the innermost scope. */
  Op() {
    this(PointerScope.getInnerScope() /* evaluated before inner opens */);
  }

  /** Results go to this scope, or outlive all scopes if there is none. */
  Op(@Nullable PointerScope outer) {
    this.outer = outer;
  }

  Tensor out(Tensor t) {
    return outer == null ? Tensors.pin(t) : Tensors.keep(t, outer);
  }

  @Override
  public void close() {
    inner.close();
  }
}
