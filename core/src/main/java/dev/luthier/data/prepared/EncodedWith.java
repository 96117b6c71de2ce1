package dev.luthier.data.prepared;

import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.format.Hashes;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerSource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How rows became tokens: what a model and a run must have in common with a set to be trained on
 * it.
 *
 * @param tokenizer {@link #tokenizer(Path, Tokenizer)} of the model
 * @param template the setting {@code data.template}, as the user wrote it
 * @param templateHash the SHA-256 of the template that it stands for, see {@link #own}; empty for
 *     none
 * @param trainOn which tokens carry a loss
 * @param trainOnEnd which end-of-turn markers carry one
 * @param maxLength tokens per sequence
 * @param packing whether short documents share a sequence
 */
public record EncodedWith(
    String tokenizer,
    String template,
    String templateHash,
    TrainOn trainOn,
    TrainOnEnd trainOnEnd,
    int maxLength,
    boolean packing) {
  /** The template setting that stands for the model's own. */
  public static final String AUTO = "auto";

  private static final String NONE = "none";

  /**
   * As these settings have it.
   *
   * @param model the folder that the tokenizer is from
   */
  public static EncodedWith of(Path model, Tokenizer tokenizer, DataSettings settings) {
    String hash =
        settings.template().equals(AUTO)
            ? own(tokenizer)
            : ChatTemplates.source(settings.template()).map(Hashes::text).orElse("");
    return new EncodedWith(
        tokenizer(model, tokenizer),
        settings.template(),
        hash,
        settings.trainOn(),
        settings.trainOnEnd(),
        settings.maxLength(),
        settings.packing());
  }

  /** Whether the set carries its template, for it is not the model's own. */
  boolean carriesTemplate() {
    return !template.equals(AUTO) && !template.equals(NONE);
  }

  /**
   * The SHA-256 of a model's own template; where it has another for tools, of both their hashes.
   * Empty if it has none.
   */
  public static String own(Tokenizer tokenizer) {
    Optional<String> plain = tokenizer.chatTemplateSource(false).map(Hashes::text);
    Optional<String> tools = tokenizer.chatTemplateSource(true).map(Hashes::text);
    return tools.equals(plain) || plain.isEmpty()
        ? plain.orElse("")
        : Hashes.text(plain.get() + tools.orElse(""));
  }

  /**
   * The SHA-256 of a tokenizer: of tokenizer.json's hash, or those of the files that it is made of,
   * and of what the files beside it decide (the special tokens, and what is put around a text).
   */
  public static String tokenizer(Path model, Tokenizer tokenizer) {
    return Hashes.text(
        String.join(
            "\n",
            TokenizerSource.at(model).files().stream()
                .map(Hashes::sha256)
                .collect(Collectors.joining()),
            new TreeMap<>(tokenizer.specialTokensForTemplate()).toString(),
            new TreeSet<>(tokenizer.specialIds()).toString(),
            Arrays.toString(tokenizer.encodeIds("", true))));
  }
}
