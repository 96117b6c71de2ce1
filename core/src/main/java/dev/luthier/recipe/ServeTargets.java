package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.export.AdapterCheck;
import dev.luthier.export.AdapterFinding;
import dev.luthier.export.AdapterVerdict;
import dev.luthier.train.TrainListener;
import java.nio.file.Path;
import java.util.Optional;

/** Holds a run to the servers that {@code serve.targets} names. */
final class ServeTargets {
  private ServeTargets() {}

  /**
   * Refuses settings whose adapter a server would refuse, before anything is trained.
   *
   * @throws dev.luthier.UsageException naming the settings to change
   */
  static void require(SftSettings settings) {
    if (concerns(settings)) {
      Complaints complaints = new Complaints();
      AdapterCheck.planned(
              settings.model(),
              settings.lora(),
              settings.tokens().add().size(),
              SftPlan.quant(settings).or(() -> ModelLoader.quantization(settings.model())))
          .require(settings.serve().targets(), complaints);
      complaints.throwIfAny();
    }
  }

  /** Says what became of it, from the folder that was written. */
  static void describe(SftSettings settings, Path adapter, TrainListener listener) {
    if (concerns(settings)) {
      AdapterCheck check = AdapterCheck.of(adapter, Optional.of(settings.model()));
      for (AdapterVerdict verdict : check.verdicts(settings.serve().targets())) {
        listener.message("serve: " + verdict.server() + " " + verdict.words());
        for (AdapterFinding finding : verdict.findings()) {
          listener.message("  " + finding.reason() + ": " + finding.wayOut());
        }
      }
    }
  }

  private static boolean concerns(SftSettings settings) {
    return settings.method() != SftSettings.Method.FULL && !settings.serve().targets().isEmpty();
  }
}
