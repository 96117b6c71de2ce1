import dev.luthier.train.policy.RewardFunction;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Rewards Yoda-speak by rule: the words of the sentence and no others, another beginning, and a
 * comma behind what was moved to the front.
 */
public class YodaReward implements RewardFunction {
  @Override
  public double[] score(List<Completion> completions) {
    return completions.stream().mapToDouble(c -> isYoda(c.prompt(), c.text()) ? 1 : 0).toArray();
  }

  private static boolean isYoda(String plain, String said) {
    String[] before = words(plain);
    String[] after = words(said);
    boolean moved = after.length > 0 && !after[0].equals(before[0]) && said.contains(", ");
    Arrays.sort(before);
    Arrays.sort(after);
    return moved && Arrays.equals(before, after);
  }

  private static String[] words(String sentence) {
    return sentence.toLowerCase(Locale.ROOT).replaceAll("[^a-z' ]", "").trim().split(" +");
  }
}
