package dev.luthier.nn;

import java.util.ArrayList;
import java.util.List;

/** Linear maps of the same input. Those whose rows are stacked in one matrix run as one product. */
public final class LinearGroup {
  private final List<List<Linear>> stacks = new ArrayList<>();

  /**
   * @param members in the order of their results; those of one stack stand together
   */
  LinearGroup(List<Linear> members) {
    Weight last = null;
    for (Linear member : members) {
      if (member.stack() != last) {
        stacks.add(new ArrayList<>());
        last = member.stack();
      }
      stacks.get(stacks.size() - 1).add(member);
    }
  }

  /** A layer by itself. */
  public static LinearGroup of(Linear alone) {
    return new LinearGroup(List.of(alone));
  }

  /** The members if all are one product; empty if they are several. */
  List<Linear> stack() {
    return stacks.size() == 1 ? stacks.get(0) : List.of();
  }

  /**
   * Every map's value.
   *
   * @param x (..., in), in the compute dtype
   * @return (..., out) each, in x's dtype
   */
  public List<Value> forward(Value x, Pass pass) {
    List<Value> out = new ArrayList<>();
    for (List<Linear> stack : stacks) {
      out.addAll(new StackedProduct(stack, x, pass).outputs());
    }
    return out;
  }
}
