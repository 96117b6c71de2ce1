package dev.luthier.data.prepare;

import dev.luthier.Setting;
import dev.luthier.data.quality.Answers;
import java.util.List;

/**
 * Which suspicious answers are left out.
 *
 * @param drop kinds of oddities
 */
public record AnswerSettings(
    @Setting(
            help =
                "rows left out for their answers: some of refusal, boilerplate, truncated,"
                    + " repetition, echo, placeholder, empty",
            value = "")
        List<Answers.Kind> drop) {
  public AnswerSettings {
    drop = List.copyOf(drop);
  }
}
