package dev.luthier.cli;

import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.SamplingSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a text is continued. */
final class SamplingOptions {
  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "The text ends after so many tokens; ${DEFAULT-VALUE} by default.")
  private int maxNewTokens = 512;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 (default) takes the best token each time; 1 draws as the model says.")
  private double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "Draw from the K best tokens only.")
  private Optional<Integer> topK = Optional.empty();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw from the best tokens that together have probability P.")
  private Optional<Double> topP = Optional.empty();

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Draw from tokens with at least P times the best one's probability.")
  private Optional<Double> minP = Optional.empty();

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Above 1 makes tokens that were there already less likely.")
  private Optional<Double> repetitionPenalty = Optional.empty();

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  private List<String> stop = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Equal seeds draw equal texts; ${DEFAULT-VALUE} by default.")
  private long seed;

  @Option(
      names = "--exceed-context",
      description = "Go on past the length that the model was made for.")
  private boolean exceedContext;

  /**
   * Returns the settings.
   *
   * @param recommended by the model's files; taken where no flag says otherwise, except for the
   *     temperature, so that without flags the same prompt gives the same text with every model
   */
  GenerateSettings settings(SamplingSettings recommended) {
    SamplingSettings sampling =
        recommended
            .withTemperature(temperature)
            .withLimits(
                topK.orElse(recommended.topK()),
                topP.orElse(recommended.topP()),
                minP.orElse(recommended.minP()))
            .withRepetition(
                repetitionPenalty.orElse(recommended.repetitionPenalty()),
                recommended.noRepeatNgramSize());
    return new GenerateSettings(maxNewTokens, sampling, stop, seed, exceedContext);
  }
}
