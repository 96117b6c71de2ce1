package dev.luthier.nn;

import dev.luthier.SettingValue;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which layers are meant, counted from 0: ranges and single numbers, "0-3,7" or [0, 1, 2, 3, 7].
 *
 * @param indices ascending, each once; empty means every layer
 */
public record LayerIndices(List<Integer> indices) implements SettingValue {
  private static final String EXPECTED = "layers counted from 0, such as 0-3 or [0, 1, 7]";
  private static final int MOST = 100_000;

  /** Sorts and de-duplicates. */
  public LayerIndices {
    indices = List.copyOf(new TreeSet<>(indices));
  }

  /** Every layer. */
  public static LayerIndices all() {
    return new LayerIndices(List.of());
  }

  /** Reads a setting: "", "0-3", "0-3,7" or a list of such. */
  public static LayerIndices fromSetting(Object raw) {
    String text =
        raw instanceof List<?> list
            ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
            : String.valueOf(raw);
    List<Integer> indices = new ArrayList<>();
    for (String part : text.isBlank() ? new String[0] : text.split(",", -1)) {
      String[] ends = part.strip().split("-", -1);
      if (ends.length > 2) {
        throw new IllegalArgumentException(EXPECTED);
      }
      int first = number(ends[0]);
      int last = number(ends[ends.length - 1]);
      if (last < first) {
        throw new IllegalArgumentException(EXPECTED);
      }
      for (int i = first; i <= last; i++) {
        indices.add(i);
      }
    }
    return new LayerIndices(indices);
  }

  @Override
  public Object toSetting() {
    return indices.stream().map(String::valueOf).toList();
  }

  /** Returns whether a layer is meant. */
  public boolean contains(int layer) {
    return indices.isEmpty() || indices.contains(layer);
  }

  private static int number(String text) {
    String digits = text.strip();
    if (!digits.matches("[0-9]{1,6}") || Integer.parseInt(digits) > MOST) {
      throw new IllegalArgumentException(EXPECTED);
    }
    return Integer.parseInt(digits);
  }
}
