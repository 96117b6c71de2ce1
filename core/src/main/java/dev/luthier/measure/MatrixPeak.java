package dev.luthier.measure;

import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What this machine's matrix products reach at best: the fastest of all repetitions of several
 * large products, in both orientations that training uses, {@code x W^T} and {@code dy W}. It is
 * what a step is measured against, so it is taken in the same process, by our way and by
 * libtorch's, with the same threads; and again between steps, since other work may hold the machine
 * for a while.
 */
public final class MatrixPeak {
  private static final double SECONDS_PER_PRODUCT = 0.05;
  private static final int LEAST_REPETITIONS = 2;

  /** Larger operands would raise the process' peak memory above a small model's step. */
  private static final long MOST_ELEMENTS = 16 << 20;

  private final ComputeDtype dtype;
  private final Device device;
  private final List<Product> products;
  private double best;

  /** A product (m, k) x (k, n). */
  private record Product(long m, long k, long n) {
    double flops() {
      return 2.0 * m * k * n;
    }

    long elements() {
      return m * k + k * n + m * n;
    }
  }

  /**
   * @param tokens B x T of the step that it will be compared with
   * @param hidden D of its model
   * @param intermediate width of its feed-forward layer
   */
  public MatrixPeak(
      ComputeDtype dtype, Device device, long tokens, long hidden, long intermediate) {
    this.dtype = dtype;
    this.device = device;
    this.products =
        Stream.of(
                new Product(1024, 1024, 1024),
                new Product(2048, 2048, 2048),
                new Product(tokens, hidden, 4 * hidden),
                new Product(tokens, hidden, intermediate))
            .filter(p -> p.elements() <= MOST_ELEMENTS)
            .toList();
  }

  /** The best so far, in FLOP/s. */
  public double best() {
    return best;
  }

  /** Measures for about a second. */
  public void measure() {
    try (Grad off = Grad.off()) {
      for (Product p : products) {
        best = Math.max(best, measure(p));
      }
    }
  }

  private double measure(Product p) {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = random(p.m(), p.k());
      Tensor w = random(p.n(), p.k());
      Tensor dy = random(p.m(), p.n());
      double forward =
          Math.min(fastest(() -> Products.linear(x, w, null)), fastest(() -> torch.linear(x, w)));
      double backward = Math.min(fastest(() -> Products.of(dy, w)), fastest(() -> torch.mm(dy, w)));
      return p.flops() / Math.min(forward, backward);
    }
  }

  private Tensor random(long... shape) {
    return torch.rand(shape, Tensors.options(dtype.scalarType(), device));
  }

  /** Seconds of the fastest repetition; the first one warms up. */
  private double fastest(Runnable product) {
    double fastest = Double.POSITIVE_INFINITY;
    double sum = 0;
    for (int i = 0; i <= LEAST_REPETITIONS || sum < SECONDS_PER_PRODUCT; i++) {
      try (PointerScope scope = new PointerScope()) {
        long start = System.nanoTime();
        product.run();
        device.finish();
        double seconds = (System.nanoTime() - start) / 1e9;
        if (i > 0) {
          fastest = Math.min(fastest, seconds);
          sum += seconds;
        }
      }
    }
    return fastest;
  }
}
