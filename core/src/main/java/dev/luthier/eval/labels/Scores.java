package dev.luthier.eval.labels;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How well one label, or one type of entity, was found.
 *
 * @param precision of the times it was given, the share where it was right; 0 if never
 * @param recall of the times it was right, the share where it was given; 0 if never
 * @param f1 the harmonic mean of both
 * @param support how often it was right
 */
public record Scores(double precision, double recall, double f1, long support) {
  /** As JSON. */
  Map<String, Object> fields() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("precision", Figures.round(precision));
    out.put("recall", Figures.round(recall));
    out.put("f1", Figures.round(f1));
    out.put("support", support);
    return out;
  }
}
