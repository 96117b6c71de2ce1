package dev.luthier.train;

import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The gradients of a run's trainable parameters, taken together. */
public final class Gradients {
  private final Map<String, Tensor> parameters;

  /**
   * @param parameters leaves by name
   */
  public Gradients(Map<String, Tensor> parameters) {
    this.parameters = parameters;
  }

  /** Those of some parameters. */
  Gradients of(List<String> names) {
    Map<String, Tensor> some = new LinkedHashMap<>(parameters);
    some.keySet().retainAll(names);
    return new Gradients(some);
  }

  /** Visits every parameter that has a gradient, with it. */
  void forEach(BiConsumer<String, Tensor> visitor) {
    parameters.forEach(
        (name, p) -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor g = p.grad();
            if (g.defined()) {
              visitor.accept(name, g);
            }
          }
        });
  }

  /** The 2-norm over all of them: the root of the sum of the squared norms. */
  public double norm() {
    double sum = 0;
    try (Grad off = Grad.off()) {
      for (Tensor p : parameters.values()) {
        try (PointerScope scope = new PointerScope()) {
          Tensor g = p.grad();
          if (g.defined()) {
            double n = g.norm().item_double();
            sum += n * n;
          }
        }
      }
    }
    return Math.sqrt(sum);
  }

  /** Scales them down to this global norm if they exceed it, as PyTorch's clip_grad_norm_. */
  public void clip(double norm, double maximum) {
    double factor = maximum / (norm + 1e-6);
    if (maximum <= 0 || factor >= 1) {
      return;
    }
    try (Grad off = Grad.off()) {
      for (Tensor p : parameters.values()) {
        try (PointerScope scope = new PointerScope()) {
          Tensor g = p.grad();
          if (g.defined()) {
            g.mul_(Tensors.scalar(factor));
          }
        }
      }
    }
  }

  /** Frees them. */
  public void clear() {
    for (Tensor p : parameters.values()) {
      try (PointerScope scope = new PointerScope()) {
        p.mutable_grad().reset();
      }
    }
  }

  /** What is wrong with a gradient. */
  enum Fault {
    MISSING("no gradient"),
    NOT_FINITE("a gradient that is not finite"),
    ZERO("a gradient of zero");

    private final String words;

    Fault(String words) {
      this.words = words;
    }
  }

  /** A parameter that learns nothing, and why. */
  record Suspect(String name, Fault fault) {
    @Override
    public String toString() {
      return name + " has " + fault.words;
    }
  }

  /** Parameters whose gradient is missing, all zero or not finite. */
  List<Suspect> suspects() {
    List<Suspect> out = new ArrayList<>();
    try (Grad off = Grad.off()) {
      parameters.forEach(
          (name, p) -> {
            try (PointerScope scope = new PointerScope()) {
              Tensor g = p.grad();
              if (!g.defined()) {
                out.add(new Suspect(name, Fault.MISSING));
              } else if (!Tensors.allFinite(g)) {
                out.add(new Suspect(name, Fault.NOT_FINITE));
              } else if (g.abs().max().to(ScalarType.Float).item_float() == 0) {
                out.add(new Suspect(name, Fault.ZERO));
              }
            }
          });
    }
    return out;
  }
}
