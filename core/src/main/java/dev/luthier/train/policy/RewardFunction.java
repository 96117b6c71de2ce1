package dev.luthier.train.policy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says how good answers are that a model wrote. Users implement it, in a jar or in a single source
 * file; the class needs a constructor without parameters.
 *
 * <pre>
 * public class ShortAnswers implements RewardFunction {
 *   &#64;Override
 *   public double[] score(List&lt;Completion&gt; completions) {
 *     return completions.stream().mapToDouble(c -&gt; -c.text().length()).toArray();
 *   }
 * }
 * </pre>
 */
public interface RewardFunction {
  /**
   * An answer.
   *
   * @param prompt what was asked, as the row has it: a text, or the last user's turn
   * @param text the answer, special tokens left out
   * @param columns all columns of the prompt's row, such as the right answer
   * @param ended whether the model ended it; false if it was cut for its length
   */
  record Completion(
      String prompt, String text, Map<String, @Nullable Object> columns, boolean ended) {}

  /**
   * The score of each answer, higher for a better one; NaN for one that cannot be scored, which
   * then counts for nothing. Called with all answers of a step at once, from one thread.
   */
  double[] score(List<Completion> completions);
}
