package dev.luthier.optim;

import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adafactor: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
 * arXiv 1804.04235, algorithms 4 and 5, with the choices of transformers' implementation. Of a
 * matrix's squared gradients it keeps the running means of rows and columns only: R + C numbers for
 * R x C weights. A vector keeps one per weight.
 *
 * @param settings its own
 * @param beta1 decay rate of the first moment, which takes a float32 per weight; empty for none
 */
public record Adafactor(AdafactorSettings settings, Optional<Double> beta1) implements UpdateRule {
  private static final double EPSILON_SQUARE = 1e-30;
  private static final double EPSILON_SCALE = 1e-3;

  @Override
  public List<Slot> slots(long... shape) {
    List<Slot> out = new ArrayList<>();
    int last = shape.length - 1;
    if (last < 1) {
      out.add(Slot.perElement("exp_avg_sq", shape));
    } else {
      long[] columns = Arrays.copyOf(shape, last);
      columns[last - 1] = shape[last];
      out.add(Slot.perElement("exp_avg_sq_row", Arrays.copyOf(shape, last)));
      out.add(Slot.perElement("exp_avg_sq_col", columns));
    }
    beta1.ifPresent(b -> out.add(Slot.perElement("exp_avg", shape)));
    return out;
  }

  /** The update is clipped by its size over the whole parameter. */
  @Override
  public boolean elementwise() {
    return false;
  }

  /** Some rows at a time, so that what is in between stays small. */
  @Override
  public long workingBytes(long... shape) {
    return Float.BYTES * Math.min(StateLayout.elements(shape), StateLayout.SLICE);
  }

  @Override
  public void update(Tensor p, Tensor g, List<Tensor> state, Step step) {
    double decay = 1 - Math.pow(step.number(), settings.decayRate());
    Rows gradient = Rows.of(g);
    Rows parameter = Rows.of(p);
    Scales scales =
        p.dim() > 1
            ? factored(gradient, state.get(0), state.get(1), decay)
            : whole(gradient, state.get(0), decay);
    double rate = rate(p, step);
    double rms = Math.sqrt(sumOfSquares(gradient, scales) / p.numel());
    double size = rate / Math.max(1, rms / settings.clipThreshold());
    gradient.forEach(
        (from, g3) -> {
          Tensor move = scales.apply(from, g3).mul_(Tensors.scalar(size));
          if (beta1.isPresent()) {
            Tensor m = Rows.of(state.get(state.size() - 1)).get(from);
            move = m.mul_(Tensors.scalar(beta1.get())).add_(move, Tensors.scalar(1 - beta1.get()));
          }
          parameter.get(from).mul_(Tensors.scalar(1 - rate * step.weightDecay())).sub_(move);
        });
  }

  /** The step size: relative to the step's number, and to the parameter's own size, if so set. */
  private double rate(Tensor p, Step step) {
    double rate = step.learningRate();
    if (settings.relativeStep()) {
      double start = settings.warmupInit() ? 1e-6 * step.number() : 1e-2;
      rate = Math.min(start, 1 / Math.sqrt(step.number()));
    }
    if (settings.scaleParameter()) {
      rate *= Math.max(EPSILON_SCALE, p.norm().item_double() / Math.sqrt(p.numel()));
    }
    return rate;
  }

  /** A parameter's running squares; what a gradient is multiplied with: 1 / their root. */
  private static Scales whole(Rows g, Tensor square, double decay) {
    Tensor g2 = g.all().square().add_(Tensors.scalar(EPSILON_SQUARE)).view(-1);
    square.mul_(Tensors.scalar(decay)).add_(g2, Tensors.scalar(1 - decay));
    return (from, g3) -> square.rsqrt().view(1, 1, -1).mul_(g3);
  }

  /** The same from the means over rows (.., R) and columns (.., C): row x column / mean row. */
  private static Scales factored(Rows g, Tensor row, Tensor column, double decay) {
    Tensor rows = row.view(-1, g.count()); // (N, R)
    Tensor columns = column.view(-1, g.width()); // (N, C)
    Tensor sums = torch.zeros_like(columns);
    g.forEach(
        (from, g3) -> {
          Tensor g2 = g3.square().add_(Tensors.scalar(EPSILON_SQUARE));
          rows.narrow(1, from, g3.size(1))
              .mul_(Tensors.scalar(decay))
              .add_(g2.mean(-1), Tensors.scalar(1 - decay));
          sums.add_(g2.sum(-2));
        });
    columns.mul_(Tensors.scalar(decay)).add_(sums, Tensors.scalar((1 - decay) / g.count()));
    Tensor byRow = rows.div(rows.mean(new long[] {-1}, true, null)).rsqrt_().unsqueeze(-1);
    Tensor byColumn = columns.rsqrt().unsqueeze(-2);
    return (from, g3) -> byRow.narrow(1, from, g3.size(1)).mul(byColumn).mul_(g3);
  }

  private static double sumOfSquares(Rows g, Scales scales) {
    double[] sum = {0};
    g.forEach((from, g3) -> sum[0] += Math.pow(scales.apply(from, g3).norm().item_double(), 2));
    return sum[0];
  }

  /** The update, before its size, for some rows of the gradient. */
  private interface Scales {
    Tensor apply(long from, Tensor g3);
  }

  private interface RowVisitor {
    void visit(long from, Tensor rows);
  }

  /**
   * A tensor as (N, R, C), visited some rows of all N at a time; a vector is one row.
   *
   * @param step rows per visit
   */
  private record Rows(Tensor all, long step) {
    static Rows of(Tensor t) {
      long width = t.size(-1);
      long count = t.dim() > 1 ? t.size(-2) : 1;
      Tensor all = t.view(-1, count, width);
      return new Rows(all, Math.max(1, StateLayout.SLICE / (all.size(0) * width)));
    }

    long count() {
      return all.size(1);
    }

    long width() {
      return all.size(2);
    }

    Tensor get(long from) {
      return all.narrow(1, from, Math.min(step, count() - from));
    }

    void forEach(RowVisitor visitor) {
      for (long from = 0; from < count(); from += step) {
        try (PointerScope scope = new PointerScope()) {
          visitor.visit(from, get(from));
        }
      }
    }
  }
}
