package dev.luthier.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Which blocks see through a window: their attention is the second view, that of the others the
 * first.
 *
 * @param sliding of each block, whether it does
 * @param window how many tokens it sees; 0 for all
 */
record SlidingLayers(List<Boolean> sliding, int window) {
  /**
   * By {@code layer_types} where it is there, else by a rule.
   *
   * @param window 0 if nothing slides
   */
  static SlidingLayers of(ConfigReader in, int layers, int window, IntPredicate otherwise) {
    List<String> types = in.texts("layer_types");
    in.supports(
        types.isEmpty() || types.size() == layers,
        "layer_types",
        "it must name a type for each of " + layers + " layers");
    List<Boolean> sliding = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      String type = i < types.size() ? types.get(i) : "";
      in.supports(
          type.isEmpty() || type.equals("full_attention") || type.equals("sliding_attention"),
          "layer_types",
          "supported are full_attention and sliding_attention");
      sliding.add(
          window > 0 && (type.isEmpty() ? otherwise.test(i) : type.equals("sliding_attention")));
    }
    return new SlidingLayers(sliding, window);
  }

  /** Qwen's: the upper layers, if windows are used at all. */
  static SlidingLayers ofQwen(ConfigReader in, int layers) {
    boolean used = in.flag("use_sliding_window", false);
    int window = used ? in.integerOrNone("sliding_window") : 0;
    int first = in.has("max_window_layers") ? in.integerOrNone("max_window_layers") : layers;
    SlidingLayers out = of(in, layers, window, i -> i >= first);
    in.finish();
    return out;
  }

  int view(int block) {
    return sliding.get(block) ? 1 : 0;
  }
}
