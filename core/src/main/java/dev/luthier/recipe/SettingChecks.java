package dev.luthier.recipe;

import dev.luthier.Complaints;
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
}
