package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the native library has here: devices, threads, and the environment it runs in. */
final class NativeReport {
  private NativeReport() {}

  /**
   * Adds {@code libtorch}, {@code threads}, {@code kernels}, {@code devices}, {@code off} and
   * {@code advice}.
   */
  static void addTo(Map<String, Object> report) {
    List<String> on = new ArrayList<>();
    Map<String, String> off = new TreeMap<>();
    try {
      Native.load();
      report.put("libtorch", "loaded");
      report.put("threads", Native.threads());
      report.put("kernels", (Kernels.available() ? "" : "none: ") + Kernels.state());
      for (String device : List.of("cpu", "cuda:0", "mps")) {
        probe(device, on, off);
      }
    } catch (LuthierException e) {
      report.put("libtorch", "does not load: " + e.getMessage());
    }
    report.put("devices", on);
    report.put("off", off);
    Map<String, String> environment = new TreeMap<>();
    for (String name : List.of("OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")) {
      environment.put(name, System.getenv().getOrDefault(name, "not set"));
    }
    report.put("environment", environment);
    report.put("advice", Native.advice());
  }

  private static void probe(String device, List<String> on, Map<String, String> off) {
    try {
      on.add(new Device(device).check().name());
    } catch (LuthierException e) {
      off.put(device, String.valueOf(e.getMessage()));
    }
  }
}
