package dev.luthier.recipe.data;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.Progress;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.check.Audit;
import dev.luthier.data.check.AuditReport;
import dev.luthier.data.check.AuditSettings;
import dev.luthier.data.check.ModelFindings;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.GenerationConfig;
import dev.luthier.recipe.Settings;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Audits a set against a model's tokenizer and template; the model's weights are not loaded. */
public final class CheckRun {
  /** Scratch files are made here, and deleted with the run. */
  private static final Path SCRATCH = Path.of(System.getProperty("java.io.tmpdir"));

  private CheckRun() {}

  /**
   * @param cancelled whether to stop
   * @throws LuthierException a file cannot be read, or it was stopped
   */
  public static AuditReport run(
      CheckSettings settings, Progress progress, BooleanSupplier cancelled) {
    settings.inputs().stream().filter(PreparedSet::isOne).findFirst().ifPresent(CheckRun::refuse);
    Tokenizer tokenizer = Tokenizer.load(settings.model());
    String template = settings.data().template();
    Optional<ChatEncoder> chat = ChatTemplates.encoder(tokenizer, template);
    SftEncoder encoder =
        new SftEncoder(
            tokenizer,
            chat,
            settings.data().trainOn(),
            settings.data().trainOnEnd(),
            Set.copyOf(GenerationConfig.read(settings.model()).eosTokenIds()));
    boolean own = ChatTemplates.source(template).isEmpty();
    Audit.Subject subject =
        new Audit.Subject(
            settings.model().toString(),
            settings.inputs(),
            settings.evaluation(),
            changed(settings),
            SCRATCH,
            ModelFindings.of(settings.model(), tokenizer, chat, own));
    int cores = Runtime.getRuntime().availableProcessors();
    AuditSettings audit =
        new AuditSettings(
            settings.data(),
            settings.duplicates(),
            settings.privacy(),
            settings.by(),
            settings.examples(),
            settings.threads() == 0 ? cores : settings.threads());
    return Audit.run(audit, encoder, subject, progress, cancelled);
  }

  private static void refuse(Path set) {
    throw new UsageException(
        set
            + " is a prepared set, and not the rows that it was made of. Open it with luthier data"
            + " show "
            + set
            + ", or check what is left of its rows: --data "
            + set.resolve("train.jsonl"));
  }

  /** What a command that prepares the set needs in order to read it as it was read here. */
  private static List<String> changed(CheckSettings settings) {
    return Stream.of(
            Settings.changed("data", settings.data()),
            Settings.changed("duplicates", settings.duplicates()),
            Settings.changed("privacy", settings.privacy()))
        .flatMap(List::stream)
        .filter(setting -> !setting.startsWith("data.train=") && !setting.startsWith("data.eval="))
        .toList();
  }
}
