package dev.luthier.data.labels;

import dev.luthier.SettingValue;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much each label counts in the loss.
 *
 * @param balanced whether rare labels count more: n / (C count), so that all labels together count
 *     the same
 * @param given label to weight; labels not named count 1
 */
public record ClassWeights(boolean balanced, Map<String, Double> given) implements SettingValue {
  /** All labels count 1. */
  public static final ClassWeights NONE = new ClassWeights(false, Map.of());

  private static final String EXPECTED = "none | balanced | a map of label to weight above 0";

  /** Keeps the order of names. */
  public ClassWeights {
    given = new TreeMap<>(given);
  }

  /** Reads it from a setting's value. */
  public static ClassWeights fromSetting(Object raw) {
    if (raw instanceof Map<?, ?> map) {
      Map<String, Double> given = new LinkedHashMap<>();
      map.forEach((label, weight) -> given.put(String.valueOf(label), weight(weight)));
      return new ClassWeights(false, given);
    }
    return switch (String.valueOf(raw).strip().toLowerCase(Locale.ROOT)) {
      case "", "none" -> NONE;
      case "balanced" -> new ClassWeights(true, Map.of());
      default -> throw new IllegalArgumentException(EXPECTED);
    };
  }

  private static double weight(Object raw) {
    try {
      double weight = Double.parseDouble(String.valueOf(raw));
      if (weight > 0 && weight < 1e6) {
        return weight;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(EXPECTED, e);
    }
    throw new IllegalArgumentException(EXPECTED);
  }

  @Override
  public Object toSetting() {
    return given.isEmpty() ? toString() : given;
  }

  /** Whether all labels count the same. */
  public boolean isNone() {
    return !balanced && given.isEmpty();
  }

  /**
   * The weight of each label.
   *
   * @param counts how often each is there; one that is not counts 1
   */
  public float[] of(List<String> labels, long[] counts) {
    float[] out = new float[labels.size()];
    double all = Arrays.stream(counts).sum();
    long there = Arrays.stream(counts).filter(n -> n > 0).count();
    for (int i = 0; i < out.length; i++) {
      double even = counts[i] == 0 ? 1 : all / (there * counts[i]);
      out[i] = (float) (balanced ? even : given.getOrDefault(labels.get(i), 1.0));
    }
    return out;
  }

  @Override
  public String toString() {
    return balanced ? "balanced" : given.isEmpty() ? "none" : given.toString();
  }
}
