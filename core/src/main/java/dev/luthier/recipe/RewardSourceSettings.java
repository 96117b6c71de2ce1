package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What scores a policy's answers: one of these, or several, whose scores are summed up.
 *
 * @param function source files or jars with a {@link dev.luthier.train.policy.RewardFunction}; with
 *     {@code #CLASS} behind it where there are several
 * @param regex patterns: 1 for answers that match one as a whole, else 0
 * @param model folders of reward models, or of adapters over the base
 * @param url HTTP endpoints
 * @param weights of all of them, in this order; empty for 1 each
 * @param eosPenalty what is taken off where an answer was cut for its length
 */
public record RewardSourceSettings(
    @Setting(
            help =
                "a .java file or a .jar with a RewardFunction, FILE or FILE#CLASS; or several"
                    + " (--reward)",
            value = "")
        List<String> function,
    @Setting(
            help = "1 for answers that match this pattern as a whole, else 0 (--reward-regex)",
            value = "")
        List<String> regex,
    @Setting(
            help =
                "a reward model's folder, or an adapter over the base that is tuned"
                    + " (--reward-model)",
            value = "")
        List<Path> model,
    @Setting(help = "an HTTP endpoint that scores answers (--reward-url)", value = "")
        List<String> url,
    @Setting(
            help =
                "of several, what the scores of each are multiplied by: of function, regex, model"
                    + " and url, in this order; not set means 1 each",
            value = "")
        List<Double> weights,
    @Setting(help = "taken off the reward of an answer that was cut for its length", value = "0.0")
        double eosPenalty) {
  /** Checks that there is one. */
  public RewardSourceSettings {
    function = List.copyOf(function);
    regex = List.copyOf(regex);
    model = List.copyOf(model);
    url = List.copyOf(url);
    weights = List.copyOf(weights);
    int count = function.size() + regex.size() + model.size() + url.size();
    Complaints complaints = new Complaints();
    if (count == 0) {
      complaints.add(
          "reward: name one of --reward FILE, --reward-regex PATTERN, --reward-model DIR and"
              + " --reward-url URL");
    }
    complaints
        .unless(
            weights.isEmpty() || weights.size() == count,
            "reward.weights",
            weights,
            "must be as many as there are rewards, " + count)
        .unless(
            weights.stream().allMatch(Double::isFinite),
            "reward.weights",
            weights,
            "must be finite")
        .unless(eosPenalty >= 0, "reward.eosPenalty", eosPenalty, "must be 0 or more")
        .throwIfAny();
  }

  /** All of them as they were given, in the order of the weights. */
  List<String> all() {
    return Stream.of(function, regex, model.stream().map(Path::toString).toList(), url)
        .flatMap(List::stream)
        .toList();
  }

  /** What the scores of the one at this place are multiplied by. */
  double weight(int at) {
    return weights.isEmpty() ? 1 : weights.get(at);
  }
}
