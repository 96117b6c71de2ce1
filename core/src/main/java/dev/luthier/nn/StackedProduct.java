package dev.luthier.nn;

import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * One use of linear maps whose rows are stacked in one matrix: {@code y = x W^T + b}, and for the
 * adapted among them {@code y_i += s_i (x A_i^T) B_i^T}. All A_i are stacked as well, so that the
 * way down is one product, and the way up adds to the columns of y in place.
 */
final class StackedProduct implements Tape.Step {
  private final List<Linear> members;
  private final Weight weight;
  private final Value x;
  private final ScalarType dtype;
  private final @Nullable PointerScope home = PointerScope.getInnerScope();
  private final List<Tensor> kept = new ArrayList<>();
  private final List<@Nullable Tensor> masks = new ArrayList<>(); // (N, in) for each adapter
  private final boolean dropout;
  private final @Nullable RowAdapters adapters;
  private final Value y;
  private final List<Value> parts = new ArrayList<>(); // of y, if there are several members
  private @Nullable Tensor allA; // (sum of R, in)
  private @Nullable Tensor down; // (N, sum of R)

  StackedProduct(List<Linear> members, Value x, Pass pass) {
    this.members = members;
    this.weight = members.get(0).stack();
    this.x = x;
    this.dtype = Tensors.dtype(x.tensor());
    this.adapters = pass.adapters();
    boolean any = false;
    for (Linear member : members) {
      Lora lora = member.lora();
      if (lora != null) {
        Tensor mask = mask(lora, pass);
        masks.add(mask);
        any |= mask != null;
      }
    }
    this.dropout = any;
    this.y = Value.lazy(x.tape(), x.wanted() || trained(), this::compute);
  }

  List<Value> outputs() {
    if (members.size() > 1) {
      for (Linear member : members) {
        parts.add(y.columns(member.from(), member.out()));
      }
    }
    Tape tape = x.tape();
    if (tape != null && y.wanted()) {
      List<Value> all = new ArrayList<>(parts);
      all.add(y);
      tape.record(this, all.toArray(Value[]::new));
    }
    return parts.isEmpty() ? List.of(y) : parts;
  }

  private @Nullable Tensor mask(Lora lora, Pass pass) {
    try (Op op = new Op()) {
      Tensor mask = pass.dropoutMask(rows(), lora.dropout());
      return mask == null ? null : keep(op.out(mask));
    }
  }

  private boolean trained() {
    for (Linear member : members) {
      Tensor bias = member.bias();
      Lora lora = member.lora();
      TokenRows tokens = member.tokens();
      if (bias != null && bias.requires_grad()
          || lora != null && lora.a().requires_grad()
          || tokens != null && tokens.trained()) {
        return true;
      }
    }
    return weight.trained();
  }

  /** What the backward pass needs again; without a tape it goes with the scope. */
  private Tensor keep(Tensor t) {
    if (x.tape() != null) {
      kept.add(t);
    }
    return t;
  }

  private Tensor rows() {
    return x.tensor().reshape(-1, x.tensor().size(-1)); // (N, in)
  }

  private Tensor compute() {
    for (Linear member : members) {
      Consumer<Tensor> observer = member.observer();
      if (observer != null) {
        observer.accept(rows());
      }
    }
    Tensor out = weight.product(rows(), bias(members, dtype)); // (N, sum of out)
    int at = 0;
    for (Linear member : members) {
      Lora lora = member.lora();
      if (lora != null) {
        Tensor u = down().narrow(1, at, lora.rank());
        Products.into(
            out.narrow(1, member.from(), member.out()),
            u,
            Tensors.cast(lora.b().detach(), dtype).t(),
            lora.scale(),
            1);
        at += lora.rank();
      }
      TokenRows tokens = member.tokens();
      if (tokens != null) {
        tokens.addTo(out.narrow(1, member.from(), member.out()), rows());
      }
    }
    if (adapters != null) {
      adapters.addTo(out, rows(), members);
    }
    long[] shape = Tensors.shape(x.tensor());
    shape[shape.length - 1] = out.size(1);
    return out.view(shape);
  }

  /** The biases of layers whose rows are stacked, one behind another; null if they have none. */
  static @Nullable Tensor bias(List<Linear> members, ScalarType dtype) {
    Tensor some =
        members.stream().map(Linear::bias).filter(Objects::nonNull).findAny().orElse(null);
    if (some == null) {
      return null;
    }
    TensorVector parts = new TensorVector();
    for (Linear member : members) {
      Tensor bias = member.bias();
      Tensor part =
          bias == null
              ? torch.zeros(new long[] {member.out()}, some.detach().options())
              : bias.detach();
      parts.push_back(Tensors.cast(part, dtype));
    }
    return parts.size() == 1 ? parts.get(0) : torch.cat(parts, 0);
  }

  /** x A^T for all adapters: (N, sum of R). */
  private Tensor down() {
    if (down == null) {
      try (Op op = new Op(home)) {
        TensorVector parts = new TensorVector();
        for (Linear member : members) {
          Lora lora = member.lora();
          if (lora != null) {
            parts.push_back(Tensors.cast(lora.a().detach(), dtype));
          }
        }
        Tensor a = parts.size() == 1 ? new Tensor(parts.get(0)) : torch.cat(parts, 0);
        allA = keep(op.out(a));
        down = keep(op.out(dropout ? droppedDown() : Products.linear(rows(), allA, null)));
      }
    }
    return down;
  }

  private Tensor droppedDown() {
    TensorVector parts = new TensorVector();
    int at = 0;
    int adapter = 0;
    for (Linear member : members) {
      Lora lora = member.lora();
      if (lora != null) {
        parts.push_back(Products.linear(dropped(adapter++), a(at, lora.rank()), null));
        at += lora.rank();
      }
    }
    return torch.cat(parts, 1);
  }

  private Tensor a(int from, int rank) {
    return Objects.requireNonNull(allA).narrow(0, from, rank);
  }

  private Tensor dropped(int adapter) {
    Tensor mask = masks.get(adapter);
    return mask == null ? rows() : rows().mul(mask);
  }

  @Override
  public void backward() {
    Tensor dy = gradient();
    Tensor in = rows();
    Tensor dx = null; // (N, in)
    if (x.wanted()) {
      Tensor matrix = weight.matrix();
      dx = Products.of(dy, matrix);
      weight.release(matrix);
    }
    if (weight.trained()) {
      weight.addGradient(dy, in);
    }
    for (Linear member : members) {
      Tensor bias = member.bias();
      if (bias != null && bias.requires_grad()) {
        Gradient.add(bias, dy.narrow(1, member.from(), member.out()).sum(0), 1);
      }
    }
    for (Linear member : members) {
      TokenRows tokens = member.tokens();
      if (tokens != null) {
        tokens.backward(dy.narrow(1, member.from(), member.out()), in, dx);
      }
    }
    if (!masks.isEmpty()) {
      backwardAdapters(dy, in, dx);
    }
    if (dx != null) {
      x.give(dx.view(Tensors.shape(x.tensor())));
    }
  }

  /** The gradient of the whole output, zero where none has come. */
  private Tensor gradient() {
    for (Value part : parts) {
      if (!part.hasGradient()) {
        part.write(Tensor::zero_);
      }
    }
    return y.gradient().reshape(-1, y.gradient().size(-1));
  }

  private void backwardAdapters(Tensor dy, Tensor in, @Nullable Tensor dx) {
    Tensor u = down();
    Tensor du = torch.empty_like(u); // (N, sum of R)
    int at = 0;
    int adapter = 0;
    for (Linear member : members) {
      Lora lora = member.lora();
      if (lora == null) {
        continue;
      }
      Tensor part = dy.narrow(1, member.from(), member.out());
      Tensor own = du.narrow(1, at, lora.rank());
      Products.into(own, part, Tensors.cast(lora.b().detach(), dtype), lora.scale(), 0);
      if (lora.b().requires_grad()) {
        Gradient.addProduct(lora.b(), part, u.narrow(1, at, lora.rank()), lora.scale());
      }
      if (dropout) {
        backwardDropped(lora, own, at, adapter, dx);
      }
      at += lora.rank();
      adapter++;
    }
    if (!dropout) {
      addGradientOfA(du, in);
      if (dx != null) {
        Products.into(dx, du, Objects.requireNonNull(allA), 1, 1);
      }
    }
  }

  private void backwardDropped(Lora lora, Tensor du, int at, int adapter, @Nullable Tensor dx) {
    if (lora.a().requires_grad()) {
      Gradient.addProduct(lora.a(), du, dropped(adapter), 1);
    }
    if (dx != null) {
      Tensor through = Products.of(du, a(at, lora.rank()));
      Tensor mask = masks.get(adapter);
      dx.add_(mask == null ? through : through.mul_(mask));
    }
  }

  private void addGradientOfA(Tensor du, Tensor in) {
    Tensor all = Products.of(du.t(), in); // (sum of R, in)
    int at = 0;
    for (Linear member : members) {
      Lora lora = member.lora();
      if (lora != null) {
        if (lora.a().requires_grad()) {
          Gradient.add(lora.a(), all.narrow(0, at, lora.rank()), 1);
        }
        at += lora.rank();
      }
    }
  }

  @Override
  public void release() {
    kept.forEach(Tensor::close);
    kept.clear();
  }
}
