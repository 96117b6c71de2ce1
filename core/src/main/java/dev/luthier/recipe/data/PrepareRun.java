package dev.luthier.recipe.data;

import dev.luthier.UsageException;
import dev.luthier.Versions;
import dev.luthier.data.ModelInput;
import dev.luthier.data.Progress;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.prepare.Preparation;
import dev.luthier.data.prepare.PreparePipeline;
import dev.luthier.data.prepared.EncodedWith;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedWriter;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Hashes;
import dev.luthier.model.Transformer;
import dev.luthier.recipe.Settings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Prepares a training set for a model's tokenizer and template; weights are not loaded. */
public final class PrepareRun {
  /** Settings that say nothing about the content. */
  private static final List<String> ELSEWHERE = List.of("model", "output", "threads", "date");

  private PrepareRun() {}

  /**
   * Prepares the set, or goes on with it.
   *
   * @param cancelled whether to stop
   * @throws dev.luthier.LuthierException a source cannot be read or used, or it was stopped
   */
  public static Manifest run(
      PrepareSettings settings, Progress progress, BooleanSupplier cancelled) {
    PreparedWriter.checkFree(settings.output());
    Tokenizer tokenizer = Tokenizer.load(settings.model());
    if (ModelInput.of(settings.model(), tokenizer).kind() != Transformer.Kind.DECODER) {
      throw new UsageException(
          settings.model()
              + " has an encoder, and prepared sets are for decoders: give the rows' files to"
              + " luthier sft. See docs/prepared-set.md#other-models");
    }
    Optional<String> template = ChatTemplates.source(settings.data().template());
    Clock clock =
        Clock.fixed(settings.day().atStartOfDay().toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
    SftEncoder encoder =
        new SftEncoder(
            tokenizer,
            ChatTemplates.encoder(tokenizer, settings.data().template(), clock),
            settings.data().trainOn(),
            settings.data().trainOnEnd(),
            Set.copyOf(GenerationConfig.read(settings.model()).eosTokenIds()));
    EncodedWith with = EncodedWith.of(settings.model(), tokenizer, settings.data());
    Map<String, Object> content = content(settings, tokenizer, template);
    int threads =
        settings.threads() == 0 ? Runtime.getRuntime().availableProcessors() : settings.threads();
    Preparation preparation =
        new Preparation(
            encoder,
            settings.sources(),
            settings.data(),
            settings.clean(),
            settings.answers(),
            settings.filters(),
            settings.privacy(),
            settings.overlap(),
            settings.duplicates(),
            settings.split(),
            settings.seed(),
            threads);
    PreparePipeline.Target target =
        new PreparePipeline.Target(
            settings.output(),
            kind -> new Manifest.About(kind, content, with),
            Hashes.text(content + " " + with + " " + Versions.of("luthier")));
    return PreparePipeline.run(preparation, target, progress, cancelled);
  }

  /** The settings that decide about the content; the day only where the template prints it. */
  private static Map<String, Object> content(
      PrepareSettings settings, Tokenizer tokenizer, Optional<String> template) {
    Map<String, Object> content = new LinkedHashMap<>(Settings.toMap(settings));
    ELSEWHERE.forEach(content::remove);
    boolean prints =
        template
            .or(() -> tokenizer.chatTemplateSource(false))
            .filter(source -> source.contains("strftime_now"))
            .isPresent();
    if (prints) {
      content.put("date", settings.day().toString());
    }
    return content;
  }
}
