package dev.luthier.eval.labels;

import java.util.ArrayList;
import java.util.List;

/**
 * Words that a model or a person marked together.
 *
 * @param type what they are, such as PER
 * @param first index of the first word
 * @param last index of the last one
 */
public record Entity(String type, int first, int last) {
  private static final String OUTSIDE = "O";

  /** Whether labels mark entities: one of them begins with B- or I-. */
  public static boolean areMarkedBy(List<String> labels) {
    return labels.stream().anyMatch(l -> l.startsWith("B-") || l.startsWith("I-"));
  }

  /**
   * The entities of a text's words by the rules of conlleval, which seqeval follows: one begins at
   * B- or S-, after E- or S-, and at I- or E- of another type than the word before has; it ends
   * where the next begins or at O.
   *
   * @param labels of the words; B-, I-, E- or S- and a type, or O
   */
  public static List<Entity> of(List<String> labels) {
    List<Entity> out = new ArrayList<>();
    int first = -1;
    for (int i = 0; i <= labels.size(); i++) {
      String here = i == labels.size() ? OUTSIDE : labels.get(i);
      String before = i == 0 ? OUTSIDE : labels.get(i - 1);
      boolean goesOn = first >= 0 && continues(before, here);
      if (first >= 0 && !goesOn) {
        out.add(new Entity(type(before), first, i - 1));
        first = -1;
      }
      if (first < 0 && !here.equals(OUTSIDE)) {
        first = i;
      }
    }
    return out;
  }

  private static boolean continues(String before, String here) {
    boolean ended = before.startsWith("E-") || before.startsWith("S-");
    boolean begins = here.startsWith("B-") || here.startsWith("S-");
    return !ended && !begins && !here.equals(OUTSIDE) && type(before).equals(type(here));
  }

  private static String type(String label) {
    return label.length() > 2 && label.charAt(1) == '-' ? label.substring(2) : label;
  }
}
