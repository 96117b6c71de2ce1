package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.UsageException;
import dev.luthier.data.DataSettings;
import dev.luthier.nn.LoraSettings;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.TrainSettings;
import java.nio.file.Path;
import java.util.Optional;

/** Checks that several recipes share. */
public final class SettingChecks {
  private SettingChecks() {}

  /** Notes a complaint unless the device is one. */
  public static void device(Complaints complaints, String device) {
    device(complaints, "device", device);
  }

  /** The same for a setting of another name. */
  public static void device(Complaints complaints, String key, String device) {
    complaints.unless(
        device.matches("cpu|mps|cuda(:[0-9]+)?"), key, device, "must be cpu, cuda:N or mps");
  }

  /** Notes what is wrong with the settings of what runs. */
  static void machine(Complaints complaints, int threads, String device) {
    complaints.unless(threads >= 0, "threads", threads, "must be 0 or more");
    device(complaints, device);
  }

  /** Notes what is wrong with the rows to train on, and with how weights are updated. */
  static void trained(
      Complaints complaints, Optional<Path> data, TrainSettings train, SftSettings.Method method) {
    if (data.isEmpty()) {
      complaints.add("data.train is not set: name the rows to train on with --data FILE");
    }
    complaints.unless(
        !train.updateInBackward() || method == SftSettings.Method.FULL,
        "train.updateInBackward",
        true,
        "is for method=full; an adapter's gradients are small");
  }

  /** Notes what cannot go together in what is tuned. */
  static void tuned(
      Complaints complaints,
      SftSettings.Weights weights,
      SftSettings.Method method,
      Optional<Path> adapter,
      LoraSettings lora) {
    complaints
        .unless(
            weights == SftSettings.Weights.RESIDENT || method == SftSettings.Method.LORA,
            "weights",
            weights,
            "only a frozen base in its own precision can be streamed: use method=lora")
        .unless(
            adapter.isEmpty() || method != SftSettings.Method.FULL,
            "method",
            method,
            "begins from an adapter: use lora or qlora, or fuse the adapter into its base first")
        .unless(
            lora.dropout() == 0,
            "lora.dropout",
            lora.dropout(),
            "must be 0: the model must say the same each time it is asked");
  }

  /** Notes settings that would part an answer from its prompt. */
  static void whole(Complaints complaints, DataSettings data) {
    complaints.unless(
        data.overflow() != DataSettings.Overflow.SPLIT,
        "data.overflow",
        data.overflow(),
        "would part an answer from its prompt: use drop or truncate");
  }

  /**
   * Refuses to evaluate on nothing.
   *
   * @param there whether there are rows to evaluate on
   */
  static void evaluated(EvalSettings eval, boolean there) {
    if (eval.everySteps() > 0 && !there) {
      throw new UsageException(
          "eval.everySteps is "
              + eval.everySteps()
              + " but there is nothing to evaluate on: add --eval-data FILE");
    }
  }
}
