package dev.luthier.recipe;

import dev.luthier.Complaints;

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
}
