package dev.luthier.recipe;

import dev.luthier.Complaints;

/** Checks that several recipes share. */
final class SettingChecks {
  private SettingChecks() {}

  static void device(Complaints complaints, String device) {
    complaints.unless(
        device.matches("cpu|mps|cuda(:[0-9]+)?"), "device", device, "must be cpu, cuda:N or mps");
  }
}
