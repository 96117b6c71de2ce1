package dev.luthier.model;

import dev.luthier.nn.Activation;
import dev.luthier.nn.Linear;
import dev.luthier.nn.LinearGroup;
import dev.luthier.nn.Linears;
import dev.luthier.nn.Linears.Part;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import java.util.List;

/** The layer of a block that looks at each token alone: (B, T, D) to (B, T, D). */
interface FeedForward {
  Value forward(Value x, Pass pass);

  /** {@code down(act(up x))}. */
  static FeedForward plain(Linear up, Activation act, Linear down) {
    return (x, pass) -> down.forward(act.forward(up.forward(x, pass)), pass);
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
    Linear down = linears.create(names[2], width, hidden, bias);
    return (x, pass) -> {
      List<Value> wide = gateUp.forward(x, pass); // (B, T, F) each
      return down.forward(act.gated(wide.get(0), wide.get(1)), pass);
    };
  }
}
