package dev.luthier.model;

import dev.luthier.nn.Activation;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LinearGroup;
import dev.luthier.nn.Linears;
import dev.luthier.nn.Linears.Part;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import java.util.List;
import java.util.Optional;

/** The layer of a block that looks at each token alone: (B, T, D) to (B, T, D). */
interface FeedForward {
  Value forward(Value x, Pass pass);

  /** What it holds. */
  BlockShape.Layer layer();

  /** {@code down(act(up x))}. */
  static FeedForward plain(Linear up, Activation act, Linear down) {
    return new Plain(up, act, down);
  }

  /**
   * {@code down(act(gate x) * up x)}, with Llama's names. Shazeer, arXiv 2002.05202.
   *
   * @param path of the module
   */
  static FeedForward gated(
      Linears linears, String path, int hidden, int width, Activation act, boolean bias) {
    String[] names = {path + ".gate_proj", path + ".up_proj", path + ".down_proj"};
    return gated(linears, names, hidden, width, act, bias);
  }

  /**
   * The same.
   *
   * @param names of the modules gate, up and down
   */
  static FeedForward gated(
      Linears linears, String[] names, int hidden, int width, Activation act, boolean bias) {
    LinearGroup gateUp =
        linears.group(hidden, new Part(names[0], width, bias), new Part(names[1], width, bias));
    return new Gated(gateUp, act, linears.create(names[2], width, hidden, bias));
  }

  /** The same, where one layer gives all of gate, then all of up. */
  static FeedForward gated(Linear gateUp, Activation act, Linear down) {
    return new Gated(LinearGroup.of(gateUp), act, down);
  }

  /** {@code down(act(up x))}. */
  record Plain(Linear up, Activation act, Linear down) implements FeedForward {
    @Override
    public Value forward(Value x, Pass pass) {
      return down.forward(act.forward(up.forward(x, pass)), pass);
    }

    @Override
    public BlockShape.Layer layer() {
      long d = down.out();
      long f = down.in();
      return new BlockShape.Layer(
          2 * f, d + (2 + act.copies()) * f, 0, 2 * d + f, d + f, f, d, Optional.empty());
    }
  }

  /**
   * {@code down(act(gate x) * up x)}.
   *
   * @param maps gate and up, or one layer that gives all of gate, then all of up
   */
  record Gated(LinearGroup maps, Activation act, Linear down) implements FeedForward {
    @Override
    public Value forward(Value x, Pass pass) {
      List<Value> wide = maps.forward(x, pass); // (B, T, F) each, or (B, T, 2 F)
      int f = down.in();
      boolean one = wide.size() == 1;
      Value gate = one ? wide.get(0).columns(0, f) : wide.get(0);
      Value up = one ? wide.get(0).columns(f, f) : wide.get(1);
      return down.forward(act.gated(gate, up), pass);
    }

    @Override
    public BlockShape.Layer layer() {
      long d = down.out();
      long f = down.in();
      return new BlockShape.Layer(
          3 * f, d + (3 + act.gatedCopies()) * f, 0, 2 * d + f, 2 * d + f, f, d, Optional.empty());
    }
  }
}
