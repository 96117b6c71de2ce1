package dev.luthier.recipe.data;

import dev.luthier.LuthierException;
import dev.luthier.data.Progress;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.check.Audit;
import dev.luthier.data.check.AuditReport;
import dev.luthier.data.check.AuditSettings;
import dev.luthier.data.check.ModelFindings;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Audits a set against a model's tokenizer and template; the model's weights are not loaded. */
public final class CheckRun {
  private CheckRun() {}

  /**
   * @param cancelled whether to stop
   * @throws LuthierException a file cannot be read, or it was stopped
   */
  public static AuditReport run(
      CheckSettings settings, Progress progress, BooleanSupplier cancelled) {
    Tokenizer tokenizer = Tokenizer.load(settings.model());
    Optional<ChatEncoder> chat = ChatTemplates.encoder(tokenizer, settings.data().template());
    SftEncoder encoder =
        new SftEncoder(
            tokenizer,
            chat,
            settings.data().trainOn(),
            settings.data().trainOnEnd(),
            Set.copyOf(GenerationConfig.read(settings.model()).eosTokenIds()));
    Path scratch = scratch();
    try {
      Audit.Subject subject =
          new Audit.Subject(
              settings.model().toString(),
              settings.inputs(),
              settings.evaluation(),
              scratch,
              ModelFindings.of(settings.model(), tokenizer, chat));
      AuditSettings audit =
          new AuditSettings(
              settings.data(),
              settings.duplicates(),
              settings.privacy(),
              settings.by(),
              settings.examples(),
              settings.threads() == 0
                  ? Runtime.getRuntime().availableProcessors()
                  : settings.threads());
      return Audit.run(audit, encoder, subject, progress, cancelled);
    } finally {
      delete(scratch);
    }
  }

  private static Path scratch() {
    try {
      return Files.createTempDirectory("luthier-check");
    } catch (IOException e) {
      throw new LuthierException(
          "No temporary folder can be made ("
              + Reason.of(e)
              + "): name another with LUTHIER_JAVA_OPTS=-Djava.io.tmpdir=DIR",
          e);
    }
  }

  private static void delete(Path folder) {
    try {
      AtomicFile.deleteTree(folder);
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be removed: " + Reason.of(e), e);
    }
  }
}
