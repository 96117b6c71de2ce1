import dev.luthier.train.policy.RewardFunction;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Rewards Yoda-speak by rule: the words of the sentence and no others, two other words at its
 * beginning, and a comma behind what was moved to the front.
 */
public class YodaReward implements RewardFunction {
  @Override
  public double[] score(List<Completion> completions) {
    return completions.stream().mapToDouble(c -> isYoda(c.prompt(), c.text()) ? 1 : 0).toArray();
  }

  private static boolean isYoda(String plain, String said) {
    String[] before = words(plain);
    String[] after = words(said);
    boolean begins = Arrays.equals(Arrays.copyOf(before, 2), Arrays.copyOf(after, 2));
    Arrays.sort(before);
    Arrays.sort(after);
    return !begins && said.contains(", ") && Arrays.equals(before, after);
  }

  private static String[] words(String sentence) {
    return sentence.toLowerCase(Locale.ROOT).replaceAll("[^a-z' ]", "").trim().split(" +");
  }
}
