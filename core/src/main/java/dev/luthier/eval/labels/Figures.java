package dev.luthier.eval.labels;

import java.util.Arrays;
import java.util.List;

/** Figures as they are reported: to six places. */
final class Figures {
  private static final double PLACES = 1e6;

  private Figures() {}

  static double round(double value) {
    return Double.isFinite(value) ? Math.round(value * PLACES) / PLACES : value;
  }

  static List<Double> round(double[] values) {
    return Arrays.stream(values).mapToObj(Figures::round).toList();
  }
}
