package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What scores a policy's answers; exactly one of them.
 *
 * @param function a source file or a jar with a {@link dev.luthier.train.policy.RewardFunction};
 *     with {@code #CLASS} behind it where there are several
 * @param regex a pattern: 1 for answers that match it as a whole, else 0
 * @param model a reward model's folder, or an adapter's over the base
 * @param url an HTTP endpoint
 * @param eosPenalty what is taken off where an answer was cut for its length
 */
public record RewardSourceSettings(
    @Setting(help = "a .java file or a .jar with a RewardFunction, FILE or FILE#CLASS (--reward)")
        Optional<String> function,
    @Setting(help = "1 for answers that match this pattern as a whole, else 0 (--reward-regex)")
        Optional<String> regex,
    @Setting(
            help =
                "a reward model's folder, or an adapter over the base that is tuned"
                    + " (--reward-model)")
        Optional<Path> model,
    @Setting(help = "an HTTP endpoint that scores answers (--reward-url)") Optional<String> url,
    @Setting(help = "taken off the reward of an answer that was cut for its length", value = "0.0")
        double eosPenalty) {
  /** Checks that there is one. */
  public RewardSourceSettings {
    long named = Stream.of(function, regex, model, url).filter(Optional::isPresent).count();
    Complaints complaints = new Complaints();
    if (named != 1) {
      complaints.add(
          "reward: name one of --reward FILE, --reward-regex PATTERN, --reward-model DIR and"
              + " --reward-url URL");
    }
    complaints
        .unless(eosPenalty >= 0, "reward.eosPenalty", eosPenalty, "must be 0 or more")
        .throwIfAny();
  }
}
