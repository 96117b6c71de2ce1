package dev.luthier.data.prepared;

import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How rows became tokens: what a model and a run must have in common with a set to be trained on
 * it.
 *
 * @param tokenizer {@link #tokenizer(Path, Tokenizer)} of the model
 * @param template the setting {@code data.template}, as the user wrote it
 * @param templateHash {@link #template} of the template that it stands for; empty for none
 * @param trainOn which tokens carry a loss
 * @param maxLength tokens per sequence
 * @param packing whether short documents share a sequence
 */
public record EncodedWith(
    String tokenizer,
    String template,
    String templateHash,
    TrainOn trainOn,
    int maxLength,
    boolean packing) {
  /** The template setting of the model's own, and of none. */
  public static final String AUTO = "auto";

  static final String NONE = "none";

  /**
   * As these settings have it.
   *
   * @param model the folder that the tokenizer is from
   * @param template the source of the template where the settings name neither {@code auto} nor
   *     {@code none}
   */
  public static EncodedWith of(
      Path model, Tokenizer tokenizer, DataSettings settings, Optional<String> template) {
    String hash =
        switch (settings.template()) {
          case AUTO -> own(tokenizer);
          case NONE -> "";
          default -> template.map(Hashes::text).orElseThrow();
        };
    return new EncodedWith(
        tokenizer(model, tokenizer),
        settings.template(),
        hash,
        settings.trainOn(),
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
   * The SHA-256 of a tokenizer: of tokenizer.json's hash, and of what the files beside it decide
   * (the special tokens, and what is put around a text).
   */
  public static String tokenizer(Path model, Tokenizer tokenizer) {
    return Hashes.text(
        String.join(
            "\n",
            Hashes.sha256(model.resolve(HfFolder.TOKENIZER)),
            new TreeMap<>(tokenizer.specialTokensForTemplate()).toString(),
            new TreeSet<>(tokenizer.specialIds()).toString(),
            Arrays.toString(tokenizer.encodeIds("", true))));
  }
}
